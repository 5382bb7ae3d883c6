import Crypto
public import Foundation

extension SecureAggregationServer {
    /// Adds a worker's masked vector to the sum, chunk by chunk; only one chunk is held at a time.
    ///
    /// Each chunk is compared with the digest that the worker signed before it is added. Where one cannot be had or
    /// is not right, those added before are read again and taken away, so the sum is as it was.
    ///
    /// - Parameters:
    ///   - header: The message of the worker that goes ahead of the chunks.
    ///   - chunk: Reads chunk `index`; called in order, and again from 0 where a later one fails.
    /// - Returns: Whose vector it was; a vector that is in the sum already is not read.
    /// - Throws: ``PrivacyError``, or what `chunk` throws; the round goes on as if the vector had not come, except
    ///   where a chunk cannot even be taken away again, which ends it.
    @discardableResult
    public mutating func fold(_ header: Data, chunk: (_ index: Int) throws -> Data) throws -> WorkerIdentity {
        let session = try open(.maskedInput, .inputs)
        let (message, place) = try signed(header, .maskedInput, session)
        let input = try evidence(against: message.sender) { try checked(message, at: place, session) }
        let digest = Data(SHA256.hash(data: message.body))
        if let earlier = session.folded[place] {
            guard earlier == digest else {
                throw PrivacyError(
                    .conflict, "worker \(message.sender) sent two different vectors", culprits: [message.sender])
            }
            return message.sender
        }
        var added = 0
        do {
            while added < input.digests.count {
                try apply(added, of: input, sign: .plus, from: message.sender, chunk)
                added += 1
            }
        } catch {
            try takeAway(added, of: input, from: message.sender, chunk)
            throw error
        }
        self.session?.folded[place] = digest
        self.session?.pledges[place] = input.pledge
        if !input.unopened.isEmpty { self.session?.complaints[place] = Set(input.unopened) }
        return message.sender
    }

    /// What a worker says of its vector: it must have masked with those that shared, and complain of no others.
    private func checked(_ message: SignedMessage, at place: Int, _ session: ServerSession) throws -> MaskedInput {
        let input = try MaskedInput(message.body, chunks: PackedElements.chunkCount(configuration.elements))
        try SignedMessage(.pledge, sender: message.sender, body: session.sharing.bytes, signature: input.pledge)
            .verify(in: session.roster.scope)
        let dealers = session.roster.graph.neighbours(of: place).filter(session.sharing.contains)
        guard Set(input.unopened).isSubset(of: dealers) else {
            throw PrivacyError(
                .malformed, "worker \(message.sender) complains of shares that nobody dealt to it")
        }
        return input
    }

    private mutating func takeAway(
        _ count: Int, of input: MaskedInput, from sender: WorkerIdentity, _ chunk: (Int) throws -> Data
    ) throws {
        do {
            for index in 0..<count { try apply(index, of: input, sign: .minus, from: sender, chunk) }
        } catch {
            throw fail(
                PrivacyError(
                    .tampered,
                    "half of worker \(sender)'s vector is in the sum and cannot be read again: begin the "
                        + "round anew", cause: error))
        }
    }

    private mutating func apply(
        _ index: Int, of input: MaskedInput, sign: MaskSign, from sender: WorkerIdentity,
        _ chunk: (Int) throws -> Data
    ) throws {
        let packed = try chunk(index)
        guard MaskedInput.digest(of: packed) == input.digests[index] else {
            throw PrivacyError(
                .tampered, "chunk \(index) of worker \(sender)'s vector is not the one it signed: ask for it again")
        }
        let range = PackedElements.range(ofChunk: index, of: configuration.elements)
        let bits = configuration.bits
        let fits = sum.withUnsafeMutableBufferPointer {
            PackedElements.apply(packed, bits: bits, sign: sign, to: UnsafeMutableBufferPointer(rebasing: $0[range]))
        }
        guard fits else {
            throw PrivacyError(
                .malformed,
                "chunk \(index) of worker \(sender)'s vector has \(packed.count) bytes, which is not "
                    + "\(range.count) elements of \(bits) bits")
        }
    }
}
