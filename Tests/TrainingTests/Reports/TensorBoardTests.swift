import Foundation
import Testing

@testable import Training

@Suite("TensorBoard events")
struct TensorBoardTests {
    @Test(
        "are framed with the published checksum",
        arguments: [("123456789", 0xE306_9283), ("", 0)] as [(String, UInt32)])
    func checksum(text: String, expected: UInt32) {
        #expect(CRC32C.checksum(Data(text.utf8)) == expected)
    }

    @Test("have the checksum of 32 zero bytes that RFC 3720 gives")
    func zeros() {
        #expect(CRC32C.checksum(Data(count: 32)) == 0x8A91_36AA)
    }

    @Test("are the bytes that TensorFlow's own classes give")
    func messages() {
        #expect(hex(EventMessage.fileVersion(time: 1.5)) == "09000000000000f83f1a0d627261696e2e4576656e743a32")
        #expect(
            hex(EventMessage.scalars([("train/loss", 2.5), ("eval/loss", 0.5)], step: 300, time: 1.5))
                == "09000000000000f83f10ac022a250a110a0a747261696e2f6c6f737315000020400a100a096576616c2f6c6f7373150000003f"
        )
        #expect(hex(EventMessage.sessionStart(step: 7, time: 1.5)) == "09000000000000f83f10073a020801")
        #expect(hex(TFRecord.frame(Data("lorad".utf8))) == "0500000000000000eab2043e6c6f72616498d25a66")
    }

    @Test("follow each other in a file of the run's own")
    func file() throws {
        let folder = try TemporaryFolder()
        let writer = try TensorBoardWriter(folder: "\(folder.path)/runs", firstStep: 4, clock: { 1_700_000_000 })
        try writer.write([("loss", 1), ("eval_loss", 2)], step: 4)
        let expected =
            TFRecord.frame(EventMessage.fileVersion(time: 1_700_000_000))
            + TFRecord.frame(EventMessage.sessionStart(step: 4, time: 1_700_000_000))
            + TFRecord.frame(
                EventMessage.scalars([("train/loss", 1), ("eval/loss", 2)], step: 4, time: 1_700_000_000))
        #expect(FileManager.default.contents(atPath: writer.path) == expected)
        #expect(writer.path.hasPrefix("\(folder.path)/runs/events.out.tfevents.1700000000."))
    }

    private func hex(_ data: Data) -> String { data.map { String(format: "%02x", $0) }.joined() }
}
