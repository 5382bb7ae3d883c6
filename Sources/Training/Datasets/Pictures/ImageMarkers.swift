extension String {
    /// The text before, between and behind its `<image>` markers.
    ///
    /// Compares code units, not characters: a marker counts also where a combining mark follows it, and a gigabyte of
    /// text is gone through in seconds.
    var piecesBetweenImageMarkers: [Substring] {
        let marker = Array(Conversation.imageMarker.utf8)
        var pieces: [Substring] = []
        var start = utf8.startIndex
        var position = start
        while let found = utf8[position...].firstIndex(of: marker[0]) {
            let end = utf8.index(found, offsetBy: marker.count, limitedBy: utf8.endIndex) ?? utf8.endIndex
            if utf8[found..<end].elementsEqual(marker) {
                pieces.append(self[start..<found])
                start = end
                position = end
            } else {
                position = utf8.index(after: found)
            }
        }
        return pieces + [self[start...]]
    }

    /// How many `<image>` markers it holds.
    var imageMarkerCount: Int { piecesBetweenImageMarkers.count - 1 }
}
