import CImageCodecs
import Foundation

/// Decodes JPEG through libjpeg-turbo with its defaults: accurate integer DCT, smooth chroma upsampling.
struct JPEGDecoder {
    let header: ImageHeader
    let name: String

    func decode(_ data: Data) throws -> RGBImage {
        let isFourChannel = header.channels == 4
        let format = isFourChannel ? TJPF_CMYK : TJPF_RGB
        let channels = isFourChannel ? 4 : 3
        let size = header.width * header.height * channels
        let samples = try [UInt8](unsafeUninitializedCapacity: size) { target, count in
            try data.withUnsafeBytes { try decompress($0, format, header.width * channels, into: target) }
            count = size
        }
        return RGBImage(
            width: header.width, height: header.height, pixels: isFourChannel ? Self.rgb(cmyk: samples) : samples)
    }

    private func decompress(
        _ bytes: UnsafeRawBufferPointer, _ format: TJPF, _ pitch: Int, into target: UnsafeMutableBufferPointer<UInt8>
    ) throws {
        guard let handle = tjInitDecompress() else {
            throw ModelError(.corruptFile, "\(name): the JPEG decoder cannot start: \(Self.message(nil))")
        }
        defer { tjDestroy(handle) }
        let source = bytes.bindMemory(to: UInt8.self)
        let result = tjDecompress2(
            handle, source.baseAddress, UInt(source.count), target.baseAddress, Int32(header.width), Int32(pitch),
            Int32(header.height), Int32(format.rawValue), TJFLAG_LIMITSCANS)
        if result == 0 { return }
        // Stray bytes are forgiven as other readers forgive them; a missing end is not.
        let isWarning = tjGetErrorCode(handle) == Int32(TJERR_WARNING.rawValue)
        if isWarning, JPEGHeader.hasEndMark(bytes, from: header.pixelOffset) { return }
        let what = isWarning ? "is truncated" : "is damaged"
        throw ModelError(.corruptFile, "\(name): the JPEG \(what) (\(Self.message(handle))); replace the file")
    }

    private static func message(_ handle: tjhandle?) -> String {
        tjGetErrorStr2(handle).map { String(cString: $0) } ?? "unknown error"
    }

    /// Adobe stores the ink left out: sample s stands for ink 255 − s, so channel = (255 − K)·(255 − C)/255 = k·c/255.
    private static func rgb(cmyk: [UInt8]) -> [UInt8] {
        let count = cmyk.count / 4
        return [UInt8](unsafeUninitializedCapacity: 3 * count) { target, initialized in
            cmyk.withUnsafeBufferPointer { source in
                for pixel in 0..<count {
                    let black = 255 - Int(source[4 * pixel + 3])
                    for channel in 0..<3 {
                        let ink = 255 - Int(source[4 * pixel + channel])
                        target[3 * pixel + channel] = UInt8(255 - black - (ink * (255 - black)).roundedOver255)
                    }
                }
            }
            initialized = 3 * count
        }
    }
}
