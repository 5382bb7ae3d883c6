import Models

/// Images: their number, then 32 bytes each. Examples: their number, then for each
/// - its length; its tokens, each as 2 · id, or as 2 · id + 1 and how many equal ones follow it
/// - how many tokens are not learned, are learned, are not learned, … in turn, until the length is reached
/// - its images: their number, then the place of each among all images.
extension WorkRows {
    func write(to writer: inout WorkWriter) {
        let all = pictures
        let places = Dictionary(uniqueKeysWithValues: zip(all, all.indices))
        writer.write(all.count)
        for picture in all { writer.write(picture.bytes) }
        writer.write(examples.count)
        for example in examples {
            writer.write(example.ids.count)
            Self.writeTokens(example.ids, to: &writer)
            Self.writeSpans(example.labels, to: &writer)
            writer.write(example.pictures.count)
            for picture in example.pictures { writer.write(places[picture] ?? 0) }
        }
    }

    private static func writeTokens(_ ids: [Int32], to writer: inout WorkWriter) {
        for (id, count) in runs(of: ids) {
            writer.write(Int(id) << 1 | (count > 1 ? 1 : 0))
            if count > 1 { writer.write(count - 1) }
        }
    }

    private static func writeSpans(_ labels: [Int32], to writer: inout WorkWriter) {
        let spans = runs(of: labels.map { $0 != PackedBatch.unsupervised })
        if spans.first?.value == true { writer.write(0) }
        for span in spans { writer.write(span.count) }
    }

    private static func runs<Value: Equatable>(of values: [Value]) -> [(value: Value, count: Int)] {
        values.reduce(into: []) { runs, value in
            if let last = runs.last, last.value == value {
                runs[runs.count - 1].count += 1
            } else {
                runs.append((value, 1))
            }
        }
    }
}
