import CImageCodecs

extension RGBImage {
    /// The picture resized, equal to the byte to Pillow's `Image.resize`.
    ///
    /// Precondition: `width` and `height` are positive.
    public func resized(width: Int, height: Int, filter: ResampleFilter) -> RGBImage {
        resized(width: width, height: height, filter: filter, columns: 0..<width, rows: 0..<height)
    }

    /// The part `columns` × `rows` of the picture resized to `width` × `height`; the rest is not computed.
    func resized(
        width newWidth: Int, height newHeight: Int, filter: ResampleFilter, columns: Range<Int>, rows: Range<Int>
    ) -> RGBImage {
        let across = ResampleAxis(input: width, output: newWidth, window: columns, filter: filter)
        let down = ResampleAxis(input: height, output: newHeight, window: rows, filter: filter)
        let band = down.inputs
        let narrowed = resampledAcross(across, rows: band, isIdentity: width == newWidth && columns.count == width)
        let pixels = Self.resampledDown(narrowed, rowBytes: 3 * columns.count, down.shifted(by: band.lowerBound))
        return RGBImage(width: columns.count, height: rows.count, pixels: pixels)
    }

    private func resampledAcross(_ axis: ResampleAxis, rows: Range<Int>, isIdentity: Bool) -> ArraySlice<UInt8> {
        let source = pixels[3 * width * rows.lowerBound..<3 * width * rows.upperBound]
        if isIdentity { return source }
        let size = 3 * axis.first.count * rows.count
        return [UInt8](unsafeUninitializedCapacity: size) { target, count in
            source.withUnsafeBufferPointer { source in
                axis.withKernelAxis {
                    lorad_resample_horizontal(source.baseAddress, width, rows.count, &$0, target.baseAddress)
                }
            }
            count = size
        }[...]
    }

    private static func resampledDown(_ source: ArraySlice<UInt8>, rowBytes: Int, _ axis: ResampleAxis) -> [UInt8] {
        let size = rowBytes * axis.first.count
        return [UInt8](unsafeUninitializedCapacity: size) { target, count in
            source.withUnsafeBufferPointer { source in
                axis.withKernelAxis { lorad_resample_vertical(source.baseAddress, rowBytes, &$0, target.baseAddress) }
            }
            count = size
        }
    }
}
