extension ImageProcessor {
    /// Lays `part` into black `target` at (top, left) and makes the samples pixel values.
    func planes(of part: RGBImage, in target: ImageCrop, top: Int, left: Int) -> PixelValues {
        let size = target.height * target.width
        let isCovered = part.width == target.width && part.height == target.height
        let values = [Float](unsafeUninitializedCapacity: 3 * size) { values, count in
            for channel in 0..<3 {
                let plane = UnsafeMutableBufferPointer(rebasing: values[channel * size..<(channel + 1) * size])
                let table = valueTable(channel: channel)
                if !isCovered { plane.initialize(repeating: table[0]) }
                Self.fill(plane, width: target.width, with: part, channel, table, top: top, left: left)
            }
            count = 3 * size
        }
        return PixelValues(height: target.height, width: target.width, values: values)
    }

    /// The pixel value of each sample 0 … 255, rounded to float32 after each step as the reference rounds.
    func valueTable(channel: Int) -> [Float] {
        (0..<256).map { sample in
            let rescaled = Float(Double(sample) * (rescaleFactor ?? 1))
            guard let normalization else { return rescaled }
            return (rescaled - Float(normalization.mean[channel])) / Float(normalization.deviation[channel])
        }
    }

    private static func fill(
        _ plane: UnsafeMutableBufferPointer<Float>, width: Int, with part: RGBImage, _ channel: Int, _ table: [Float],
        top: Int, left: Int
    ) {
        part.pixels.withUnsafeBufferPointer { pixels in
            table.withUnsafeBufferPointer { table in
                for y in 0..<part.height {
                    let row = (top + y) * width + left
                    let source = 3 * part.width * y + channel
                    for x in 0..<part.width { plane[row + x] = table[Int(pixels[source + 3 * x])] }
                }
            }
        }
    }
}
