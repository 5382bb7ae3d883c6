import CImageCodecs

extension RGBImage {
    /// The image resized, equal to the byte to Pillow's `Image.resize`.
    ///
    /// Precondition: `width` and `height` are positive.
    public func resized(width: Int, height: Int, filter: ResampleFilter) -> RGBImage {
        resized(width: width, height: height, filter: filter, columns: 0..<width, rows: 0..<height)
    }

    /// The part `columns` × `rows` of the image resized to `width` × `height`; the rest is not computed.
    func resized(
        width newWidth: Int, height newHeight: Int, filter: ResampleFilter, columns: Range<Int>, rows: Range<Int>
    ) -> RGBImage {
        let across = ResampleAxis(input: width, output: newWidth, window: columns, filter: filter)
        let down = ResampleAxis(input: height, output: newHeight, window: rows, filter: filter)
        if isVerticalFirst(newWidth, newHeight) {
            return resampledDown(down).resampledAcross(across, rows: 0..<rows.count)
        }
        let band = down.inputs
        return resampledAcross(across, rows: band).resampledDown(down.shifted(by: band.lowerBound))
    }

    /// Each pass rounds and clamps, so their order shows in the bytes. Pillow 13 reduces the height first where it
    /// loses more than twice the pixels that the width loses (as its results show); Pillow 12 only does for images a
    /// hundred times taller than wide.
    private func isVerticalFirst(_ newWidth: Int, _ newHeight: Int) -> Bool {
        newHeight < height && height - newHeight > 2 * (width - newWidth)
    }

    private func resampledAcross(_ axis: ResampleAxis, rows: Range<Int>) -> RGBImage {
        let size = 3 * axis.first.count * rows.count
        let result = [UInt8](unsafeUninitializedCapacity: size) { target, count in
            pixels[3 * width * rows.lowerBound..<3 * width * rows.upperBound].withUnsafeBufferPointer { source in
                axis.withKernelAxis {
                    lorad_resample_horizontal(source.baseAddress, width, rows.count, &$0, target.baseAddress)
                }
            }
            count = size
        }
        return RGBImage(width: axis.first.count, height: rows.count, pixels: result)
    }

    private func resampledDown(_ axis: ResampleAxis) -> RGBImage {
        let size = 3 * width * axis.first.count
        let result = [UInt8](unsafeUninitializedCapacity: size) { target, count in
            pixels.withUnsafeBufferPointer { source in
                axis.withKernelAxis { lorad_resample_vertical(source.baseAddress, 3 * width, &$0, target.baseAddress) }
            }
            count = size
        }
        return RGBImage(width: width, height: axis.first.count, pixels: result)
    }
}
