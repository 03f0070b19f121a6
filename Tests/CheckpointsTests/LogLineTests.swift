import Foundation
import Testing

@testable import Checkpoints

@Suite struct LogLineTests {
    private static let lines = [
        #"{"epoch":1,"gradientNorm":2.3e-05,"kind":"step","loss":-4.9,"rate":1E+2,"step":12,"isLast":false,"best":null}"#,
        #"{"kind":"masks","step":3,"texts":["the \"cat\" sat","é"]}"#, #"{"step":0}"#, #"{"a":"","step":7,"b":[{}]}"#,
        #"{"kind":"a","step":1,"kind":"b","step":2}"#,
    ]

    /// What is walked through is what a decoder takes, also of lines that a disk has damaged.
    @Test(arguments: lines) func aLineIsWhatADecoderFinds(line: String) {
        let bytes = Array(line.utf8)
        #expect(LogLine(Data(bytes)) != nil)
        var state: UInt64 = 7
        func draw(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
        for _ in 0..<4000 {
            var damaged = bytes
            for _ in 0...draw(2) {
                let place = draw(damaged.count)
                switch draw(4) {
                case 0: damaged[place] ^= 1 << draw(8)
                case 1: damaged.remove(at: place)
                case 2: damaged[place] = Array("{}[]:,\"\\-+.0e9 \0\n".utf8)[draw(17)]
                default: damaged.removeSubrange(place..<damaged.count - draw(damaged.count - place))
                }
                if damaged.isEmpty { break }
            }
            let data = Data(damaged)
            let wanted = try? JSONDecoder().decode(LogLine.self, from: data)
            #expect(LogLine(data) == wanted, "\(String(decoding: damaged, as: UTF8.self))")
        }
    }
}
