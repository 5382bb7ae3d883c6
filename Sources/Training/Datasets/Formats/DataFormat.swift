/// How a dataset is written. The raw values are the names in `data.format`.
public enum DataFormat: String, CaseIterable, Sendable {
    /// Whatever the dataset turns out to be.
    case automatic = "auto"
    /// Rows with `conversations` of `from` and `value`, and `image`.
    case llava
    /// Rows with `messages` of `role` and `content`, which is text or a list of blocks.
    case messages
    /// Rows with `conversations` or `messages` of text, and `images`.
    case sharegpt
    /// Rows with `instruction`, `input` and `output`.
    case alpaca
    /// Rows with `prompt` and `completion`, texts or lists of messages.
    case promptCompletion = "prompt_completion"
    /// Rows with `query`, `response` and `history`.
    case queryResponse = "query_response"
    /// Rows with `question` and `answer` or `answers`.
    case questionAnswer = "question_answer"
    /// Rows with `filepath` and `title`.
    case openCLIP = "open_clip"
    /// Pictures beside a `metadata.jsonl` or `metadata.csv` of captions.
    case imageCaption = "image_caption"
    /// Pictures in a folder for each class.
    case classFolders = "class_folders"
    /// Tar archives whose members are named alike where they belong together.
    case webDataset = "webdataset"
}
