/// How a dataset is written. The raw values are the names in `data.format`.
public enum DataFormat: String, CaseIterable, Sendable {
    /// Whatever the dataset turns out to be.
    case automatic = "auto"
    /// Examples with `conversations` of `from` and `value`, and `image`.
    case llava
    /// Examples with `messages` of `role` and `content`, which is text or a list of blocks.
    case messages
    /// Examples with `conversations` or `messages` of text, and `images`.
    case sharegpt
    /// Examples with `instruction`, `input` and `output`.
    case alpaca
    /// Examples with `prompt` and `completion`, texts or lists of messages.
    case promptCompletion = "prompt_completion"
    /// Examples with `query`, `response` and `history`.
    case queryResponse = "query_response"
    /// Examples with `question` and `answer` or `answers`.
    case questionAnswer = "question_answer"
    /// Examples with `filepath` and `title`.
    case openCLIP = "open_clip"
    /// Images with a `metadata.jsonl` or `metadata.csv` of captions.
    case imageCaption = "image_caption"
    /// Images in a folder for each class.
    case classFolders = "class_folders"
    /// Tar archives in which the members of one example share a name.
    case webDataset = "webdataset"
}
