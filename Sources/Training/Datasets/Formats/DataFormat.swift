/// How a dataset is written. The raw values are the names in `data.format`.
public enum DataFormat: String, CaseIterable, Sendable {
    /// Whatever the dataset turns out to be.
    case automatic = "auto"
    /// JSON or JSON Lines with `conversations` of `from` and `value`, and `image`.
    case llava
    /// JSON or JSON Lines with `messages` of `role` and `content`, which is text or a list of blocks.
    case messages
    /// JSON or JSON Lines with `conversations` or `messages` of text, and `images`.
    case sharegpt
    /// Pictures beside a `metadata.jsonl` or `metadata.csv` of captions.
    case imageCaption = "image_caption"
    /// Pictures in a folder for each class.
    case classFolders = "class_folders"
    /// Tar archives whose members are named alike where they belong together.
    case webDataset = "webdataset"
}
