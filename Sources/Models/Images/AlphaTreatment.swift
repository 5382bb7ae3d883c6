/// What becomes of transparency when an image is made RGB.
public enum AlphaTreatment: String, Sendable, Hashable {
    /// The colour beneath is kept, as Pillow's `convert("RGB")` does, and with it transformers' `load_image`, which
    /// reads every image given by path. Of a PNG's one transparent colour see ``RGBImage/transparentColour``.
    case dropped
    /// The image is laid on white, as transformers' `do_convert_rgb` does with an already opened Pillow image.
    case compositedOnWhite
}
