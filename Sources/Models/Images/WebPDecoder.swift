import CImageCodecs
import Foundation

/// Decodes WebP, lossy and lossless, through libwebp with its defaults.
struct WebPDecoder {
    let header: ImageHeader
    let name: String
    let alpha: AlphaTreatment

    func decode(_ data: Data) throws -> RGBImage {
        let channels = alpha == .dropped ? 3 : 4
        let decode = alpha == .dropped ? WebPDecodeRGBInto : WebPDecodeRGBAInto
        let size = header.width * header.height * channels
        let samples = try [UInt8](unsafeUninitializedCapacity: size) { target, count in
            try data.withUnsafeBytes { bytes in
                let source = bytes.bindMemory(to: UInt8.self)
                let stride = Int32(header.width * channels)
                guard decode(source.baseAddress, source.count, target.baseAddress, size, stride) != nil else {
                    throw ModelError(.corruptFile, "\(name): the WebP is damaged or truncated; replace the file")
                }
            }
            count = size
        }
        return RGBImage(
            width: header.width, height: header.height, pixels: channels == 3 ? samples : Self.onWhite(rgba: samples))
    }

    private static func onWhite(rgba: [UInt8]) -> [UInt8] {
        let count = rgba.count / 4
        return [UInt8](unsafeUninitializedCapacity: 3 * count) { target, initialized in
            rgba.withUnsafeBufferPointer { source in
                for pixel in 0..<count {
                    let alpha = Int(source[4 * pixel + 3])
                    for channel in 0..<3 {
                        let sample = Int(source[4 * pixel + channel]) * alpha + 255 * (255 - alpha)
                        target[3 * pixel + channel] = UInt8(sample.roundedOver255)
                    }
                }
            }
            initialized = 3 * count
        }
    }
}
