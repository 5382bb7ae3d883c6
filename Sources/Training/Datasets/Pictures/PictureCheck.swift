import Foundation
import Models

/// Looks at each image of some examples once.
struct PictureCheck {
    /// Whether images are decoded, and not just their headers read: what is damaged further on shows only then.
    let decodes: Bool
    /// Whether a model can take them; `nil` if absent.
    let fit: PictureFit?
    private var good: Set<Picture> = []

    init(decodes: Bool, fit: PictureFit? = nil) {
        self.decodes = decodes
        self.fit = fit
    }

    /// Why an example's images cannot be used, if so.
    mutating func reason(against conversation: Conversation) -> String? {
        for picture in conversation.images {
            if let reason = reason(against: picture) { return reason }
        }
        return nil
    }

    /// Why an image cannot be used, if so.
    mutating func reason(against picture: Picture) -> String? {
        guard !good.contains(picture) else { return nil }
        do {
            let (width, height) = try decodes ? Self.decodedSize(of: picture) : picture.size()
            if let reason = fit?.reason(against: picture, width: width, height: height) { return reason }
        } catch let error as ModelError where error.code == .fileNotFound {
            guard case .file(let path) = picture.place, let target = FolderEntries.danglingTarget(of: path) else {
                return "the image \(picture) does not exist"
            }
            return "the image \(picture) is a link to \(target), which does not exist"
        } catch {
            return "the image cannot be used: \(error)"
        }
        good.insert(picture)
        return nil
    }

    private static func decodedSize(of picture: Picture) throws -> (width: Int, height: Int) {
        let image = try picture.decoded()
        return (image.width, image.height)
    }
}
