import CImageCodecs

/// The libraries that decode images.
public enum ImageCodecs {
    /// Names and versions of the loaded libraries; libjpeg-turbo does not report its version.
    public static var versions: [String] {
        let webp = WebPGetDecoderVersion()
        return [
            "libpng \(String(cString: lorad_png_version()))",
            "libwebp \(webp >> 16).\(webp >> 8 & 0xFF).\(webp & 0xFF)",
        ]
    }
}
