import Foundation

/// What a run tells, for `tensorboard --logdir`: one file a process, beside `metrics.jsonl`, which stays what counts.
///
/// A file begins with the step that its process begins at, by which TensorBoard forgets what an earlier process told of later
/// steps: those are taken once more.
public final class EventFile {
    private let folder: URL
    private let step: Int
    private let settings: [String: String]
    private let text: [String: String]
    private var file: OutputFile?
    public static let prefix = "events.out.tfevents."

    /// Writes nothing yet: a process that finds its run at the end tells nothing.
    ///
    /// - Parameters:
    ///   - folder: of the run.
    ///   - step: steps done so far.
    ///   - settings: what TensorBoard shows as the hyper-parameters of the run.
    ///   - text: what it shows as text, by title.
    public init(in folder: URL, step: Int, settings: [String: String], text: [String: String]) {
        (self.folder, self.step, self.settings, self.text) = (folder, step, settings, text)
    }

    private func opened() throws -> OutputFile {
        if let file { return file }
        let now = Date().timeIntervalSince1970
        let process = ProcessInfo.processInfo
        let host = process.hostName.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "-.".contains($0)) }
        let name = Self.prefix + "\(Int(now)).\(host).\(process.processIdentifier).0"
        let file = try OutputFile(folder.appendingPathComponent(name))
        self.file = file
        try write(to: file) { $0.add(3, "brain.Event:2") }
        try write(to: file) {
            $0.add(2, step + 1)
            // SessionLog of the status START.
            $0.add(7) { $0.add(1, 1) }
        }
        try write(to: file) { $0.add(5) { Self.add(settings, since: now, to: &$0) } }
        for (title, text) in text.sorted(by: { $0.key < $1.key }) {
            try write(to: file) { $0.add(5) { $0.add(1) { Self.add(title, text, to: &$0) } } }
        }
        return file
    }

    /// Scalars of a step, by tags such as `training/loss`.
    ///
    /// - Throws: `CheckpointError` where they cannot be written.
    public func append(step: Int, _ scalars: [(tag: String, value: Double)]) throws {
        try write(to: opened()) {
            $0.add(2, step)
            $0.add(5) {
                for scalar in scalars {
                    $0.add(1) {
                        $0.add(1, scalar.tag)
                        $0.add(2, Float(scalar.value))
                    }
                }
            }
        }
    }

    /// `SessionStartInfo` of the plugin of hyper-parameters.
    private static func add(_ settings: [String: String], since: Double, to summary: inout ProtocolBuffer) {
        let info = ProtocolBuffer {
            $0.add(3) {
                for (key, text) in settings.sorted(by: { $0.key < $1.key }) {
                    $0.add(1) {
                        $0.add(1, key)
                        $0.add(2) { value in
                            if let number = Double(text) { value.add(2, number) } else { value.add(3, text) }
                        }
                    }
                }
                $0.add(5, since)
            }
        }
        summary.add(1) {
            $0.add(1, "_hparams_/session_start_info")
            // A tensor of no numbers.
            $0.add(8) {
                $0.add(1, 1)
                $0.add(2, Data())
            }
            $0.add(9) {
                $0.add(1) {
                    $0.add(1, "hparams")
                    $0.add(2, info.bytes)
                }
            }
        }
    }

    private static func add(_ title: String, _ text: String, to value: inout ProtocolBuffer) {
        value.add(1, title)
        value.add(8) {
            // Of one string.
            $0.add(1, 7)
            $0.add(2) { $0.add(2) { $0.add(1, 1) } }
            $0.add(8, text)
        }
        value.add(9) { $0.add(1) { $0.add(1, "text") } }
    }

    /// An event of now: length, its checksum, the event, its checksum (TFRecord).
    private func write(to file: OutputFile, _ build: (inout ProtocolBuffer) -> Void) throws {
        let event = ProtocolBuffer {
            $0.add(1, Date().timeIntervalSince1970)
            build(&$0)
        }.bytes
        var length = Data()
        length.append(littleEndian: UInt64(event.count))
        var record = length
        record.append(littleEndian: CRC32C.masked(length))
        record += event
        record.append(littleEndian: CRC32C.masked(event))
        try record.withUnsafeBytes { try file.write($0) }
    }
}
