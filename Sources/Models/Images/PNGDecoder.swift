import CImageCodecs
import Foundation

/// Decodes PNG through libpng and makes the samples RGB.
struct PNGDecoder {
    let header: ImageHeader
    let name: String
    let alpha: AlphaTreatment

    func decode(_ data: Data) throws -> RGBImage {
        var file = lorad_png()
        let size = header.width * header.height * header.channels
        let samples = try [UInt8](unsafeUninitializedCapacity: size) { target, count in
            try data.withUnsafeBytes { bytes in
                let source = bytes.bindMemory(to: UInt8.self)
                guard lorad_png_read(source.baseAddress, source.count, target.baseAddress, size, &file) == 1 else {
                    throw ModelError(
                        .corruptFile, "\(name): the PNG is damaged (\(Self.message(of: file))); replace the file")
                }
            }
            count = size
        }
        let colours = PNGColours(file, alpha: alpha)
        return RGBImage(
            width: header.width, height: header.height, pixels: colours.rgb(samples),
            transparentColour: alpha == .dropped ? PNGTransparentColour.find(in: data) : nil)
    }

    private static func message(of file: lorad_png) -> String {
        let message = withUnsafeBytes(of: file.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return message.isEmpty ? "out of memory" : message
    }
}
