import Crypto
import Foundation
import Privacy
import Testing

@testable import Federation

@Suite("Logs whose lines name each other")
struct ChainedLineTests {
    /// Files that release 0.1.0 wrote before transcripts and audit logs had their lines in common.
    private enum Earlier {
        static let signer = "ebc95e52c2c2d5c175fc7001fe0f796db0d0fbe2abfb1e0af2d70f9cff67be0c"
        static let worker = "86f879e952d220e19aca85e1739dc9389c1df253d85e8466412b931b27c6f7ee"
        static let audit = """
            {"entry":{"action":"pause","origin":"local","outcome":"began","run":"old","time":1796056981,"who":"u\
            ser root"},"number":1,"previous":"0000000000000000000000000000000000000000000000000000000000000000"}\
            \t232f7b9cb4e5fa4f78678d3f8c4d9d47054e9f6678d4349f1e6dd6ff8e656199a798af16c152fd1730c1b040a0d4fb2c83\
            8fea37e7146be51da43866e685cc0a
            {"entry":{"action":"pause","of":1,"origin":"local","outcome":"done","run":"old","time":1796056981,"w\
            ho":"user root"},"number":2,"previous":"0729df6ba4547c8e47d5fe296ccc33c6c6c8817a67eb21a039b300f90d70\
            106e"}\t1590578c46ed332fe556a81bf0b4b013b26925cebb7c693d439fc140f1efbbff1741a2692de17b3cac70b679b204\
            0f86e3fbc26f189d07e86456f7828311a90d
            {"entry":{"action":"resume","origin":"local","outcome":"began","run":"old","time":1796056982,"who":"\
            user root"},"number":3,"previous":"6f6d20ba7c9e1e6028b572e04a31fea28ff1945cf010a3b002ba14f818a6ade1"\
            }\t504bf17389838a2155d2a9496b68cdeb891a7785831e61321cccd934c1524b727278686566b7ab571e76cd7dbe63d7e93\
            8b1f8a66953876527fd21da6a67090f
            {"entry":{"action":"resume","of":3,"origin":"local","outcome":"done","run":"old","time":1796056982,"\
            who":"user root"},"number":4,"previous":"b644f8b6c02584b60563bfe58653661acc0a4f3703735cfda43f14b704a\
            6fafe"}\te26ada2d03c5c057e1def0cb59164a805b113b180b21f88123533bb9ac244654996c8642525732e24bcb676b840\
            9c9bf9d417d6a97740f2739f735af81791a0f

            """
        static let auditHead = """
            {"lines":4,"last":"03a9e4777f1a7b35702790911965dbf49dd43f4cb80e7e7d27c75266578bd772","signature":"d8\
            09ccb5cfb0423738dd08e7858bd9e943dfb5152cbb72fb54e26c53c63d749ad118cd9e4ecb880cfac1e2104d0e3e6e08419f\
            9dba0a68f0271559fa1bed4003","length":1334}
            """
        static let transcript = """
            {"entry":{"basis":"1c8f1beb5f3202ddb65325521a5558a0549cdc3747c925f5746b407b6bdf94e1","kind":"joined"\
            ,"run":"old","time":1796056983,"worker":"86f879e952d220e19aca85e1739dc9389c1df253d85e8466412b931b27c\
            6f7ee"},"number":1,"previous":"0000000000000000000000000000000000000000000000000000000000000000"}\t0\
            03601bfa481650a525f0e8d868de887680449668903d482dcf658e2093dc8b97a8abbe02987320cb04cc4dbb5a8ca682560b\
            80fbe1c6a5d0d0e464a675c910c
            {"entry":{"basis":"1c8f1beb5f3202ddb65325521a5558a0549cdc3747c925f5746b407b6bdf94e1","kind":"update"\
            ,"order":"112680197b3cfbb5339b439690488f96512b565b2716ea0bc9ed95d1e4ee8667","round":1,"run":"old","s\
            tate":"0b8f9cd697d3dc7e4bb71e1efd5cb0875f479d5bddab57bfe591d330463191f9","time":1796056983,"update":\
            "518650b22459695aa2c7b4a1851da928cb25833bed559c55ccf4e54f00e5c85f"},"number":2,"previous":"7915757b8\
            d44c4bcb0fd0f415ccfb096cf13c6c8f6e4f76ee7602229045bf863"}\te1e64a8013964108d42e9e81943554eadbb167fbd\
            a8d02f3b2a1c5f778af5c13439c2456c4afc20e74ffa3d4f56723810b51c4007fc03cdc542a6fc48d70b401

            """
        static let transcriptHead = """
            {"lines":2,"last":"2ca3ead35166bad162b96f93ae5c585875d1c27ae917c620e906a0c71d2589e4","signature":"12\
            a9b6728508aa1bdcf0d58b3189f61fe2687bbf683ee9017cdde90dec351db9354f76472106b897a5ad362ffd30af79a0745f\
            b717a3001df6915a907547930e"}
            """
    }

    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func data(_ text: String) -> Data { Data(text.utf8) }

    @Test("that earlier releases wrote are in order still")
    func earlier() throws {
        let signer = try #require(WorkerIdentity(text: Earlier.signer).key)
        let trail = try AuditTrail(log: data(Earlier.audit), head: data(Earlier.auditHead), signer: signer)
        #expect(trail.entries.map(\.action) == ["pause", "pause", "resume", "resume"] && trail.notes.isEmpty)
        let transcript = try Transcript(data(Earlier.transcript), head: data(Earlier.transcriptHead), signer: nil)
        #expect(transcript.signer.text == Earlier.worker && transcript.entries.map(\.kind) == [.joined, .update])
    }

    @Test("that earlier releases wrote are refused where a byte of them differs")
    func changed() throws {
        let signer = try #require(WorkerIdentity(text: Earlier.signer).key)
        let worker = try WorkerIdentity(text: Earlier.worker)
        for position in stride(from: 0, to: Earlier.audit.utf8.count - 1, by: 97) {
            var log = data(Earlier.audit)
            log[position] ^= 1
            #expect(throws: FederationError.self, "byte \(position)") {
                try AuditTrail(log: log, head: data(Earlier.auditHead), signer: signer)
            }
        }
        for position in stride(from: 0, to: Earlier.transcript.utf8.count - 1, by: 97) {
            var log = data(Earlier.transcript)
            log[position] ^= 1
            #expect(throws: FederationError.self, "byte \(position)") {
                try Transcript(log, head: data(Earlier.transcriptHead), signer: worker)
            }
        }
    }

    @Test("are of one kind each: a key that signs both has no line or head of one taken for one of the other")
    func kinds() throws {
        let key = Curve25519.Signing.PrivateKey()
        let entry = AuditEntry(time: Date(), run: "run", who: "user x", origin: "local", action: "a", outcome: .done)
        let line = try ChainedLine(entry, number: 1, after: ChainedLog.beginning, of: .audit, key: key)
        #expect(throws: FederationError.self) {
            try ChainedLine<AuditEntry>(
                reading: line.bytes, number: 1, after: ChainedLog.beginning, of: .transcript,
                signer: { _ in key.publicKey })
        }
        let head = try ChainedHead(lines: 1, length: nil, last: line.digest, of: .transcript, key: key)
        let bytes = try JSONEncoder().encode(head)
        #expect(ChainedHead(bytes, of: .transcript, signer: key.publicKey) == head)
        #expect(ChainedHead(bytes, of: .audit, signer: key.publicKey) == nil)
    }

    @Test("keep the bytes of their heads: those of transcripts have no length")
    func heads() throws {
        let key = Curve25519.Signing.PrivateKey()
        for (length, log) in [(nil, ChainedLog.transcript), (7, .audit)] as [(Int?, ChainedLog)] {
            let head = try ChainedHead(lines: 3, length: length, last: "00", of: log, key: key)
            let text = String(decoding: try JSONEncoder().encode(head), as: UTF8.self)
            #expect(text.contains("\"length\":7") == (length != nil), "\(text)")
            #expect(!text.contains("null"), "\(text)")
        }
    }
}
