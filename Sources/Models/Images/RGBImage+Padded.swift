extension RGBImage {
    /// The image centred on a square of `colour`, as wide as its longer edge.
    func paddedToSquare(colour: RGBColour) -> RGBImage {
        let side = max(width, height)
        guard width != height else { return self }
        let left = (side - width) / 2
        let top = (side - height) / 2
        var square = [UInt8]()
        square.reserveCapacity(3 * side * side)
        func fill(_ count: Int) {
            for _ in 0..<count { square += [colour.red, colour.green, colour.blue] }
        }
        fill(top * side)
        for y in 0..<height {
            fill(left)
            square += pixels[3 * width * y..<3 * width * (y + 1)]
            fill(side - width - left)
        }
        fill((side - height - top) * side)
        return RGBImage(width: side, height: side, pixels: square)
    }
}
