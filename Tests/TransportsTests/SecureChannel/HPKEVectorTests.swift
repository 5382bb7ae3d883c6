import Crypto
import Foundation
import Testing

@Suite("The ciphersuite of the handshake")
struct HPKEVectorTests {
    /// Vectors that were published with RFC 9180, for DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM.
    private struct Vector {
        let recipient, encapsulated, ciphertext, exported: String
        var sender: String?
        var psk: String?
    }

    private let base = Vector(
        recipient: "497b4502664cfea5d5af0b39934dac72242a74f8480451e1aee7d6a53320333d",
        encapsulated: "6c93e09869df3402d7bf231bf540fadd35cd56be14f97178f0954db94b7fc256",
        ciphertext: "e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c52deb5f512be9931980a41de125a925cdad859d5b7a",
        exported: "04d3cb6cc116b28ffd22ad5bc276c60d31fec71ceb87ae24db811c64b7507339")
    private let authenticated = Vector(
        recipient: "47f1eee3670dfaaf27c30a83d06ee9f257af174727c17b35328ef730dfc1cd81",
        encapsulated: "9e59f4b1fa5c876f684765290c34e51145894cc4f244342b9fb1a4bdfd8bb426",
        ciphertext: "10b964283ac2cc0bdc4c85ab617291b446bf3832e9359b2c3a0facc50ea75a3c1afd08aeaacd6041d02eb560ec",
        exported: "51f60f1d4505688a1aca99c9b789e44f38a5bfa177a6b4660ff57114bf50c6be",
        sender: "4a91c3d0893433f5e31a79fc520f885527a1bc60bf2b0c72693dd7f0b2e41a5a")
    private let preshared = Vector(
        recipient: "a494cc9d803df57792c866f6ab716ba8ce953236e3ec71914908cd80fb721c15",
        encapsulated: "d38af616e071a4e3717ad1575fc8df781c541b4d0cc02cdf98f2d156a9eda15f",
        ciphertext: "49d13e16bc1f0e45805ac211e0c2e6bf5d436ed00df5f02f16c4c8eaeda0418d3f614636e2f026949bbd6dd281",
        exported: "b27b4d9756004ad06b8b57e680df80097ea5600796c1bf9235b8c3d9a28515ae",
        sender: "f94a4aad51983c18a48a960f2072c14818b9bf1eac2cc4575e32d8d029387a2e",
        psk: "0247fd33b913760fa1fa51e1892d9f307fbe65eb171e8132c2af18555a738b82")

    private func recipient(_ vector: Vector) throws -> HPKE.Recipient {
        typealias Key = Curve25519.KeyAgreement
        let suite = HPKE.Ciphersuite(kem: .Curve25519_HKDF_SHA256, kdf: .HKDF_SHA256, aead: .AES_GCM_256)
        let key = try Key.PrivateKey(rawRepresentation: Data(hexadecimal: vector.recipient))
        let (info, encapsulated) = (Data("Ode on a Grecian Urn".utf8), Data(hexadecimal: vector.encapsulated))
        guard let sender = try vector.sender.map({ try Key.PublicKey(rawRepresentation: Data(hexadecimal: $0)) }) else {
            return try HPKE.Recipient(
                privateKey: key, ciphersuite: suite, info: info, encapsulatedKey: encapsulated)
        }
        guard let psk = vector.psk else {
            return try HPKE.Recipient(
                privateKey: key, ciphersuite: suite, info: info, encapsulatedKey: encapsulated, authenticatedBy: sender)
        }
        return try HPKE.Recipient(
            privateKey: key, ciphersuite: suite, info: info, encapsulatedKey: encapsulated, authenticatedBy: sender,
            presharedKey: SymmetricKey(data: Data(hexadecimal: psk)),
            presharedKeyIdentifier: Data("Ennyn Durin aran Moria".utf8))
    }

    @Test("opens the vectors of RFC 9180 in the three modes that it uses, exports their secrets, and nothing else")
    func vectors() throws {
        for vector in [base, authenticated, preshared] {
            var opened = try recipient(vector)
            let plain = try opened.open(Data(hexadecimal: vector.ciphertext), authenticating: Data("Count-0".utf8))
            #expect(plain == Data("Beauty is truth, truth beauty".utf8))
            let secret = try opened.exportSecret(context: Data([0]), outputByteCount: 32)
            #expect(secret == SymmetricKey(data: Data(hexadecimal: vector.exported)))
            var other = try recipient(vector)
            #expect(throws: (any Error).self) {
                try other.open(Data(hexadecimal: vector.ciphertext), authenticating: Data("Count-1".utf8))
            }
        }
    }
}

extension Data {
    /// The bytes that pairs of digits stand for.
    init(hexadecimal digits: String) {
        let digits = Array(digits)
        self.init(
            stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) })
    }
}
