import Crypto
import Foundation

/// The page itself: HTML with its style and its script in it, which loads nothing from anywhere.
enum PageMarkup {
    /// The page that a coordinator serves.
    static let live = html(head: "", document: "")

    /// A self-contained page of a run, which needs neither a coordinator nor a network.
    ///
    /// - Throws: an error if the run cannot be written as JSON.
    static func file(_ page: RunPage) throws -> String {
        // Inside JSON this sign stands in texts only; so no text can end the element or begin a comment.
        let json = try page.json().replacing("<", with: "\\u003c")
        return html(
            head: "<meta http-equiv=\"Content-Security-Policy\" content=\"\(policy)\">\n",
            document: "<script type=\"application/json\" id=\"document\">\(json)</script>\n")
    }

    /// What browsers let the page do.
    static let policy = """
        default-src 'none'; script-src '\(hash(script))'; style-src '\(hash(PageStyle.text))'; img-src data:; \
        base-uri 'none'; form-action 'none'
        """

    private static let script = PageFormats.text + PageChart.text + PageScript.text

    private static func hash(_ text: String) -> String {
        "sha256-" + Data(SHA256.hash(data: Data(text.utf8))).base64EncodedString()
    }

    private static func html(head: String, document: String) -> String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        \(head)<meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>lorad</title>
        <link rel="icon" href="data:,">
        <style>\(PageStyle.text)</style>
        </head>
        <body>
        \(body)
        \(document)<script>\(script)</script>
        </body>
        </html>

        """
    }

    private static let body = #"""
        <header>
        <h1>Run <bdi id="run"></bdi></h1>
        <p id="facts"></p>
        <p id="connection"></p>
        <noscript><p>This page needs JavaScript, which is turned off. Without it, run
        <code>lorad runs show RUN</code> in a terminal.</p></noscript>
        <p id="news" class="spoken" role="status"></p>
        </header>
        <main>
        <section class="wide" aria-labelledby="progress-title">
        <h2 id="progress-title">Progress</h2>
        <progress id="progress" max="1" value="0" aria-labelledby="progress-title"></progress>
        <p id="progress-text"></p>
        <dl id="figures"></dl>
        </section>
        <section aria-labelledby="loss-title">
        <h2 id="loss-title">Loss</h2>
        <div id="loss"></div>
        </section>
        <section id="accuracy-section" aria-labelledby="accuracy-title" hidden>
        <h2 id="accuracy-title">Accuracy</h2>
        <div id="accuracy"></div>
        </section>
        <section class="wide" aria-labelledby="workers-title">
        <h2 id="workers-title">Workers</h2>
        <div id="workers"></div>
        </section>
        <section id="manage-section" class="wide" aria-labelledby="manage-title" hidden>
        <h2 id="manage-title">Manage</h2>
        <p><button type="button" id="manage-pause">Pause</button>
        <button type="button" id="manage-extend">Extend this round by 15 minutes</button>
        <button type="button" id="manage-stop">Stop the coordinator</button></p>
        <p><label for="manage-worker">Worker</label> <select id="manage-worker"></select>
        <button type="button" id="manage-revoke">Revoke permanently</button></p>
        <p id="manage-said" role="status"></p>
        </section>
        <section id="privacy-section" aria-labelledby="privacy-title" hidden>
        <h2 id="privacy-title">Privacy</h2>
        <div id="privacy"></div>
        </section>
        <section aria-labelledby="incidents-title">
        <h2 id="incidents-title">Problems</h2>
        <div id="incidents"></div>
        </section>
        <section id="join-section" aria-labelledby="join-title" hidden>
        <h2 id="join-title">Join</h2>
        <div id="join-closed" hidden><p>The coordinator has printed the line that workers join with. This page shows it
        only if it is served on a loopback address, such as 127.0.0.1, and opened by the full address that the coordinator printed.</p></div>
        <div id="join-open" hidden>
        <p>Workers join with this line. Keep it secret while its token is valid: anyone who has it can join.</p>
        <p><button type="button" id="join-show" aria-expanded="false" aria-controls="join-box">Show the line</button>
        <button type="button" id="join-copy">Copy the line</button> <span id="join-said" role="status"></span></p>
        <div id="join-box" hidden><pre id="join-line" class="scroll" tabindex="0" role="region"
        aria-label="The line that workers join with"></pre></div>
        </div>
        </section>
        <section class="wide" aria-labelledby="rounds-title">
        <h2 id="rounds-title">Last rounds</h2>
        <div id="rounds"></div>
        </section>
        </main>
        """#
}
