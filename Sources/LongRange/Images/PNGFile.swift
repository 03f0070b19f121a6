import CPng
import Foundation
import Tasks

/// A picture in a PNG file.
enum PNGFile {
    /// - Throws: `TaskError` where it cannot be read or is not of the arena's size, before memory is taken for it.
    static func image(of url: URL) throws -> GreyImage {
        var image = png_image()
        image.version = UInt32(PNG_IMAGE_VERSION)
        defer { png_image_free(&image) }
        guard png_image_begin_read_from_file(&image, url.path) != 0 else { throw damaged(url, image) }
        let side = GreyImage.side
        guard image.width == side, image.height == side else {
            throw TaskError(url, "\(image.width) x \(image.height) pixels; wanted \(side) x \(side)")
        }
        // Red, green and blue of every pixel; what lies under transparent ones is made black.
        image.format = UInt32(PNG_FORMAT_FLAG_COLOR)
        var bytes = [UInt8](repeating: 0, count: 3 * side * side)
        var background = png_color(red: 0, green: 0, blue: 0)
        guard png_image_finish_read(&image, &background, &bytes, Int32(3 * side), nil) != 0 else {
            throw damaged(url, image)
        }
        func plane(_ colour: Int) -> [UInt8] { stride(from: colour, to: bytes.count, by: 3).map { bytes[$0] } }
        return GreyImage(red: plane(0), green: plane(1), blue: plane(2))
    }

    private static func damaged(_ url: URL, _ image: png_image) -> TaskError {
        let message = withUnsafeBytes(of: image.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return TaskError(url, "no readable PNG: \(message)")
    }
}
