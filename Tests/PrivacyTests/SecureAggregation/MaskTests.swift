import Crypto
import CryptoExtras
import Foundation
import Testing

@testable import Privacy

@Suite struct MaskTests {
    private func bytes(_ hex: String) -> Data {
        let digits = Array(hex.filter { !$0.isWhitespace })
        return Data(
            stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) })
    }

    @Test("AES-256 in counter mode gives the vectors of NIST SP 800-38A, F.5.5")
    func counterMode() throws {
        let key = SymmetricKey(data: bytes("603deb1015ca71be2b73aef0857d7781 1f352c073b6108d72d9810a30914dff4"))
        let plain = bytes(
            """
            6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51
            30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710
            """)
        let cipher = bytes(
            """
            601ec313775789a5b7a7f504bbf3d228 f443e3ca4d62b59aca84e990cacaf5c5
            2b0930daa23de94ce87017ba2d84988d dfc9c58db67aada613c2dd08457941a6
            """)
        let nonce = try AES._CTR.Nonce(nonceBytes: bytes("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"))
        #expect(try AES._CTR.encrypt(plain, using: key, nonce: nonce) == cipher)
    }

    @Test("The mask stream is the counter mode's key stream from zero, wherever it is entered")
    func streamPosition() throws {
        let key = TestRound.secret("stream")
        let words = 3 * KeyStream.pieceWords + 20
        let nonce = try AES._CTR.Nonce(nonceBytes: [UInt8](repeating: 0, count: 16))
        let whole = try AES._CTR.encrypt(Data(count: 4 * words), using: key, nonce: nonce)
        let stream = KeyStream(key: key)
        for start in [0, 4, KeyStream.pieceWords, 3 * KeyStream.pieceWords] {
            #expect(stream.bytes(from: start, words: 20) == whole[4 * start..<4 * start + 80])
        }
        var vector = [UInt32](repeating: 0, count: words)
        Mask.apply([Mask(key: key, sign: .plus)], to: &vector, lanes: 2)
        #expect(vector.withUnsafeBytes { Data($0) } == whole)
        Mask.apply([Mask(key: key, sign: .minus)], to: &vector)
        #expect(vector.allSatisfy { $0 == 0 })
    }

    @Test("AES-256 under a zero key begins as known: the block of zeros")
    func zeroKey() {
        let stream = KeyStream(key: SymmetricKey(data: Data(count: 32)))
        #expect(stream.bytes(from: 0, words: 4) == bytes("dc95c078a2408989ad48a21492842087"))
    }

    @Test("HKDF-SHA256 gives the vectors of RFC 5869, A.1 and A.3")
    func keyDerivation() {
        let secret = SymmetricKey(data: Data(repeating: 0x0b, count: 22))
        let first = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: secret, salt: bytes("000102030405060708090a0b0c"), info: bytes("f0f1f2f3f4f5f6f7f8f9"),
            outputByteCount: 42)
        #expect(
            Data(first.bytes)
                == bytes(
                    """
                    3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865
                    """))
        let third = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: secret, salt: Data(), info: Data(), outputByteCount: 42)
        #expect(
            Data(third.bytes)
                == bytes(
                    """
                    8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8
                    """))
    }

    @Test("ChaCha20-Poly1305 gives the vector of RFC 8439, 2.8.2")
    func sealing() throws {
        let key = SymmetricKey(data: Data(0x80...0x9f))
        let text = Data(
            """
            Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, \
            sunscreen would be it.
            """.utf8)
        let box = try ChaChaPoly.seal(
            text, using: key, nonce: ChaChaPoly.Nonce(data: bytes("070000004041424344454647")),
            authenticating: bytes("50515253c0c1c2c3c4c5c6c7"))
        #expect(box.ciphertext.prefix(16) == bytes("d31a8d34648e60db7b86afbc53ef7ec2"))
        #expect(Data(box.tag) == bytes("1ae10b594f09e26a7e902ecbd0600691"))
    }

    @Test("Each purpose, round and subject has a key of its own")
    func domains() {
        let secret = TestRound.secret("root")
        let keys = [
            KeyDerivation.key(.ownMask, from: secret, salt: Data([1])),
            KeyDerivation.key(.pairwiseMask, from: secret, salt: Data([1])),
            KeyDerivation.key(.ownMask, from: secret, salt: Data([2])),
            KeyDerivation.key(.ownMask, from: secret, salt: Data([1]), subject: Data([1])),
        ]
        #expect(Set(keys.map(\.bytes)).count == keys.count)
    }

    @Test(
        "What the coordinator receives of one worker is spread evenly over all bytes, though its vector is constant",
        arguments: [16, 24, 32])
    func uniformity(bits: Int) throws {
        let elements = 20_000
        var round = try TestRound(workers: 3, elements: elements, bits: bits, seed: UInt64.random(in: 0...UInt64.max))
        try round.advertise([0, 1, 2])
        try round.share([0, 1, 2])
        _ = try round.answers(of: [0])
        let masked = try round.workers[0].mask([UInt32](repeating: 1, count: elements))
        var counts = [Int](repeating: 0, count: 256)
        for byte in masked.chunk(0) { counts[Int(byte)] += 1 }
        let expected = Double(masked.byteCount) / 256
        let chiSquare = counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
        // 255 degrees of freedom: a chance below 1e-9 on either side (Wilson and Hilferty: 6.5 deviations).
        let width = 2.0 / (9 * 255)
        #expect(chiSquare < 255 * pow(1 - width + 6.5 * width.squareRoot(), 3))
        #expect(chiSquare > 255 * pow(1 - width - 6.5 * width.squareRoot(), 3))
    }

    @Test("The generator's bounded numbers are all reached and none passes the bound")
    func boundedNumbers() {
        var generator = KeyStreamGenerator(key: TestRound.secret("numbers"))
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<7000 { counts[generator.number(below: 7)] += 1 }
        #expect(counts.allSatisfy { abs($0 - 1000) < 200 })
    }
}
