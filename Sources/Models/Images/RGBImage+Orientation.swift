extension RGBImage {
    /// The image turned upright.
    func turned(_ orientation: ImageOrientation) -> RGBImage {
        guard orientation != .upright else { return self }
        let size = orientation.swapsAxes ? (width: height, height: width) : (width: width, height: height)
        let origin = orientation.stored(x: 0, y: 0, width: width, height: height)
        let right = orientation.stored(x: 1, y: 0, width: width, height: height)
        let down = orientation.stored(x: 0, y: 1, width: width, height: height)
        // The map is affine, so a step to the right or down is the same distance everywhere.
        let first = 3 * (origin.y * width + origin.x)
        let acrossStep = 3 * ((right.y - origin.y) * width + right.x - origin.x)
        let downStep = 3 * ((down.y - origin.y) * width + down.x - origin.x)
        let turned = [UInt8](unsafeUninitializedCapacity: pixels.count) { target, count in
            pixels.withUnsafeBufferPointer { source in
                var index = 0
                for y in 0..<size.height {
                    var from = first + y * downStep
                    for _ in 0..<size.width {
                        for channel in 0..<3 { target[index + channel] = source[from + channel] }
                        index += 3
                        from += acrossStep
                    }
                }
                count = index
            }
        }
        return RGBImage(
            width: size.width, height: size.height, pixels: turned, transparentColour: transparentColour)
    }
}
