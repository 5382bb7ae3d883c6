extension RGBImage {
    /// The image with every pixel of its ``transparentColour`` made white, as `do_convert_rgb` of transformers makes it.
    func withTransparentColourOnWhite() -> RGBImage {
        guard let key = transparentColour else { return self }
        var samples = pixels
        samples.withUnsafeMutableBufferPointer { samples in
            for at in stride(from: 0, to: samples.count, by: 3)
            where samples[at] == key.red && samples[at + 1] == key.green && samples[at + 2] == key.blue {
                for channel in at..<at + 3 { samples[channel] = 255 }
            }
        }
        return RGBImage(width: width, height: height, pixels: samples)
    }
}
