/// The contractions whose missing apostrophes VQA v2 puts back.
enum VQAContractions {
    /// The right form of each misspelling.
    static let byMisspelling: [String: String] = {
        var found: [String: String] = [:]
        for word in words {
            for index in word.indices where word[index] == "'" {
                found[String(word[..<index] + word[word.index(after: index)...])] = word
            }
        }
        found["somebody'd"] = "somebodyd"  // the published table has this one the other way round
        return found
    }()

    private static let words = """
        ain't aren't can't could've couldn't couldn't've didn't doesn't don't hadn't hadn't've hasn't haven't he'd he'd've
        he's how'd how'll how's isn't it'd it'd've it'll ma'am might've mightn't mightn't've mustn't must've needn't not've
        o'clock oughtn't 'ow's'at shan't she'd've should've shouldn't shouldn't've somebody'd've somebody'll somebody's
        someone'd someone'd've someone'll someone's something'd something'd've something'll that's there'd there'd've
        there're there's they'd they'd've they'll they're they've 'twas wasn't we'd've we've weren't what'll what're what's
        what've when's where'd where's where've who'd who'd've who'll who's who've why'll why're why's won't would've
        wouldn't wouldn't've y'all y'all'll y'all'd've you'd you'd've you'll you're you've
        """.split(whereSeparator: \.isWhitespace).map(String.init)
}
