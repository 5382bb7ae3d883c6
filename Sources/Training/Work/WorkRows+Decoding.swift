import Models

extension WorkRows {
    /// Reads examples and checks each against the limits before its memory is taken.
    init(from reader: inout WorkReader, limits: WorkLimits) throws {
        let size = PictureID.byteCount
        let pictureCount = try reader.readCount("the number of images", of: size, in: 0...limits.maxTokens)
        let pictures = try (0..<pictureCount).map { try PictureID(reader.readBytes(size, "image \($0)")) }
        let count = try reader.readCount("the number of examples", in: 1...limits.maxRows)
        var tokensLeft = limits.maxTokens
        var examples: [WorkExample] = []
        for row in 0..<count {
            let example = try Self.example(&reader, row, pictures, limits, tokensLeft)
            tokensLeft -= example.ids.count
            examples.append(example)
        }
        self.init(examples)
    }

    private static func example(
        _ reader: inout WorkReader, _ row: Int, _ pictures: [PictureID], _ limits: WorkLimits, _ tokensLeft: Int
    ) throws -> WorkExample {
        let length = try reader.read("the length of example \(row)", in: 2...max(2, limits.maxLength))
        guard length <= tokensLeft else {
            throw reader.error("example \(row) brings the total to more than \(limits.maxTokens) tokens")
        }
        let ids = try tokens(&reader, row, length, limits)
        let example = WorkExample(
            ids: ids, labels: try labels(&reader, row, ids), pictures: try own(&reader, row, pictures, limits))
        guard example.supervisedCount > 0 else { throw reader.error("example \(row) has no token to learn") }
        if let expected = limits.picturesPerRow, example.pictures.count != expected {
            throw reader.error("example \(row) has \(example.pictures.count) images, expected \(expected)")
        }
        let found = ids.count { $0 == limits.imageToken }
        if let expected = limits.expectation(ofImageTokens: found, pictures: example.pictures.count) {
            throw reader.error(
                "example \(row) has \(found) image tokens, expected \(expected) for \(example.pictures.count) images")
        }
        return example
    }

    private static func tokens(
        _ reader: inout WorkReader, _ row: Int, _ length: Int, _ limits: WorkLimits
    ) throws -> [Int32] {
        var ids: [Int32] = []
        ids.reserveCapacity(length)
        let largest = min(limits.vocabularySize, Int(Int32.max)) - 1
        while ids.count < length {
            let value = try reader.read("a token of example \(row)", in: 0...Int.max)
            guard value >> 1 <= largest else {
                throw reader.error(
                    "token \(value >> 1) of example \(row) is beyond the vocabulary of \(limits.vocabularySize)")
            }
            let room = length - ids.count - 1
            let more = value & 1 == 1 ? try reader.read("a repetition in example \(row)", in: 0...room) : 0
            ids += repeatElement(Int32(value >> 1), count: more + 1)
        }
        return ids
    }

    private static func labels(_ reader: inout WorkReader, _ row: Int, _ ids: [Int32]) throws -> [Int32] {
        var labels: [Int32] = []
        labels.reserveCapacity(ids.count)
        var isLearned = false
        while labels.count < ids.count {
            let range = (labels.isEmpty && !isLearned ? 0 : 1)...(ids.count - labels.count)
            let count = try reader.read("a span of labels in example \(row)", in: range)
            let span = labels.count..<labels.count + count
            labels += isLearned ? Array(ids[span]) : Array(repeating: PackedBatch.unsupervised, count: count)
            isLearned.toggle()
        }
        return labels
    }

    private static func own(
        _ reader: inout WorkReader, _ row: Int, _ pictures: [PictureID], _ limits: WorkLimits
    ) throws -> [PictureID] {
        let most = limits.maxLength / max(1, limits.imageTokens.lowerBound)
        let count = try reader.readCount("the number of images of example \(row)", in: 0...most)
        return try (0..<count).map { _ in
            guard !pictures.isEmpty else { throw reader.error("example \(row) has images, but none are listed") }
            return pictures[try reader.read("an image of example \(row)", in: 0...pictures.count - 1)]
        }
    }
}

extension WorkLimits {
    /// What an example's image tokens should be, if they cannot belong to its images.
    fileprivate func expectation(ofImageTokens found: Int, pictures: Int) -> String? {
        let fewest = pictures * imageTokens.lowerBound
        let (most, overflows) = pictures.multipliedReportingOverflow(by: imageTokens.upperBound)
        guard found < fewest || !overflows && found > most else { return nil }
        if imageTokens.lowerBound == imageTokens.upperBound { return "\(fewest)" }
        return found < fewest ? "at least \(fewest)" : "at most \(most)"
    }
}
