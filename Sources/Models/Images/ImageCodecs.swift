import CImageCodecs

/// The libraries that decode images.
public enum ImageCodecs {
    /// Their names and versions, as they are loaded; libjpeg-turbo does not tell its own.
    public static var versions: [String] {
        let webp = WebPGetDecoderVersion()
        return [
            "libpng \(String(cString: lorad_png_version()))",
            "libwebp \(webp >> 16).\(webp >> 8 & 0xFF).\(webp & 0xFF)",
        ]
    }
}
