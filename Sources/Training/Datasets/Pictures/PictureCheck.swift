import Foundation
import Models

/// Looks at each picture of some rows once.
struct PictureCheck {
    /// Whether pictures are decoded, and not just their headers read: what is damaged further on shows only then.
    let decodes: Bool
    private var good: Set<Picture> = []

    init(decodes: Bool) { self.decodes = decodes }

    /// Why a row's pictures cannot be used, if so.
    mutating func reason(against conversation: Conversation) -> String? {
        for picture in conversation.images where !good.contains(picture) {
            do {
                if decodes { _ = try picture.decoded() } else { _ = try picture.size() }
            } catch let error as ModelError where error.code == .fileNotFound {
                return "the image \(picture) does not exist"
            } catch {
                return "the image cannot be used: \(error)"
            }
            good.insert(picture)
        }
        return nil
    }
}
