# SPDX-License-Identifier: Apache-2.0
"""A real browser on the real pages.

    import browser
    from browser import need
    def the_list_updates_by_itself(l, b):          # l: lab.Lab, running; b: Browser
        b.open("/")
        ...
    browser.main(the_list_updates_by_itself, ...)

Headless Chromium by its own driver (Debian's chromium, chromium-driver,
python3-selenium). Each promise starts in an empty profile. After each one the
browser's log is read: a page that threw, broke its Content-Security-Policy or
asked another origin for anything has failed, whatever else was promised.

    SHOTS=DIR tests/web/console.py     keeps the pictures that shot() takes
"""
import base64, json, os, re, shutil, sys, tempfile, time, traceback, urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))
import axe, lab                                         # noqa: E402
from lab import Skip, need, until                       # noqa: E402

from selenium import webdriver                          # noqa: E402
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException   # noqa: E402
from selenium.webdriver.chrome.options import Options   # noqa: E402
from selenium.webdriver.chrome.service import Service   # noqa: E402
from selenium.webdriver.common.by import By             # noqa: E402
from selenium.webdriver.common.keys import Keys         # noqa: E402

FLAGS = ("--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
         " --disable-component-update --disable-sync --disable-default-apps --disable-extensions"
         " --disable-dev-shm-usage --disable-search-engine-choice-screen --force-device-scale-factor=1").split()
PATIENCE = 10                                           # s, for anything that a page has to show


class Browser:
    def __init__(self, lab, width=1280, height=900, dark=False):
        self.lab, self.origin = lab, f"http://127.0.0.1:{lab.port}"
        self.profile = tempfile.mkdtemp(prefix="tra-ce-web-")
        o = Options()
        o.binary_location = "/usr/bin/chromium"
        # a name without the trust that browsers put into 127.0.0.1
        for f in FLAGS + ["--host-resolver-rules=MAP plain.example 127.0.0.1", f"--user-data-dir={self.profile}", f"--window-size={width},{height}"]:
            o.add_argument(f)
        o.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=o)
        self.faults, self.asked = [], []
        self.shape(width, height)
        self.theme(dark)

    def close(self):
        try:
            self.driver.quit()
        finally:
            shutil.rmtree(self.profile, ignore_errors=True)

    # ---------------------------------------------------------------- set up

    def cdp(self, command, **words):
        return self.driver.execute_cdp_cmd(command, words)

    def shape(self, width, height, phone=False):
        """The viewport itself, which a window cannot make narrower than 500."""
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)

    def theme(self, dark, calm=True):
        self.cdp("Emulation.setEmulatedMedia", media="", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce" if calm else "no-preference"}])

    def downloads(self):
        """A folder into which downloads go from now on."""
        at = os.path.join(self.profile, "got")
        os.makedirs(at, exist_ok=True)
        self.cdp("Browser.setDownloadBehavior", behavior="allow", downloadPath=at)
        return at

    def open(self, path="/", origin=None):
        """Load that page anew, also where only the part behind # differs."""
        self.origin = origin or self.origin
        url = self.origin + path
        if urllib.parse.urldefrag(self.driver.current_url)[0] == urllib.parse.urldefrag(url)[0]:
            self.driver.get("about:blank")
        self.driver.get(url)
        return self

    def remember(self, key, name="tra-ce.key"):
        """Logged in, as the page itself keeps it: for this tab only."""
        self.open("/")
        self.js("sessionStorage.setItem(arguments[0], arguments[1])", name, key)
        return self

    def enter(self, name, tenant=None, path=None):
        """Signed in to the panel as a new administrator, by the door; then on that screen."""
        p = self.lab.person(name, tenant, sign_in=False)
        self.open("/admin/")
        self.see("h1", "Sign in")
        self.type("[name=name]", name)
        self.type("[name=password]", p.PASSWORD).send_keys(Keys.ENTER)
        self.see("#nav a")
        if path:
            self.open(path)
            self.see("#nav a")
        return self

    # --------------------------------------------------------------- looking

    def js(self, code, *words):
        return self.driver.execute_script(code, *words)

    def all(self, css):
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def see(self, css, text=None, seconds=PATIENCE):
        """The first visible element of that kind (that holds the text), as soon as there is one."""
        def found():
            for e in self.all(css):
                try:
                    if e.is_displayed() and (text is None or text in self.text(e)):
                        return e
                except StaleElementReferenceException:
                    pass
        e = until(found, seconds, 0.02)
        need(e, f"no {css}" + (f" with {text!r}" if text else "") + " on", self.where(), "which says:", self.words()[:900])
        return e

    def gone(self, css, seconds=PATIENCE):
        def away():
            try:
                return not any(e.is_displayed() for e in self.all(css))
            except StaleElementReferenceException:
                return False                        # it goes while we look
        need(until(away, seconds, 0.02), css, "is still there")

    def text(self, e):
        """All of its text, also what CSS clips."""
        return self.js("return arguments[0].textContent", e)

    def attribute(self, css, name):
        return self.js("return document.querySelector(arguments[0])?.getAttribute(arguments[1])", css, name)

    def texts(self, css):
        return self.js("return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)", css)

    def words(self):
        return self.js("return document.body ? document.body.innerText : ''")

    def where(self):
        return self.driver.current_url[len(self.origin):]

    # ----------------------------------------------------------------- doing

    def click(self, css, text=None):
        e = self.see(css, text)
        self.js("arguments[0].scrollIntoView({block: 'center', inline: 'center'})", e)
        e.click()
        return e

    def type(self, css, text):
        e = self.see(css)
        e.clear()
        e.send_keys(text)
        return e

    def press(self, *keys):
        self.driver.switch_to.active_element.send_keys(*keys)

    def stays(self):
        """-> a check that the page was not loaded again since."""
        self.js("window.stays = true")
        return lambda: need(self.js("return window.stays") is True, "the page was loaded again")

    def shot(self, name):
        """A picture of the whole viewport, for people; kept only where SHOTS says."""
        at = os.environ.get("SHOTS")
        if at:
            os.makedirs(at, exist_ok=True)
            with open(os.path.join(at, name + ".png"), "wb") as f:
                f.write(base64.b64decode(self.cdp("Page.captureScreenshot")["data"]))

    # --------------------------------------------------------------- judging

    def wide(self):
        """By how many pixels the page is wider than its window."""
        return self.js("return document.documentElement.scrollWidth - document.documentElement.clientWidth")

    def axe(self, where=None):
        """Serious and critical findings of axe-core on what is shown now."""
        if not self.js("return 'axe' in window"):
            self.js(axe.source(self.driver))
        a = self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1]; axe.run(document, {resultTypes: ['violations']}).then(done, e => done({error: String(e)}))")
        need("error" not in a, "axe-core:", a.get("error"))
        return [f"{v['id']} ({v['impact']}): {n['target']} {n.get('failureSummary', '')[:200]}"
                for v in a["violations"] if v["impact"] in ("serious", "critical") for n in v["nodes"][:3]]

    def read_logs(self):
        """What the browser had to say since the last time."""
        for m in self.driver.get_log("browser"):
            # a status that the page asked for and handles is no fault of the page
            if m["level"] == "SEVERE" and not (m["source"] == "network" and re.search(r"status of (4\d\d|503)", m["message"])):
                self.faults.append(m["message"])
        for m in self.driver.get_log("performance"):
            m = json.loads(m["message"])["message"]
            if m["method"] == "Network.requestWillBeSent":
                self.asked.append(m["params"]["request"]["url"])

    def strangers(self):
        """Requests that left the origin."""
        self.read_logs()
        return [u for u in self.asked if re.match("(https?|wss?|ftp|file):", u) and not u.startswith(self.origin + "/")]

    def check(self):
        strangers = self.strangers()
        need(not self.faults, "the browser complains:", "; ".join(self.faults[:4]))
        need(not strangers, "asked elsewhere:", strangers[:4])


# ---------------------------------------------- test matter of the console

def incident(c, n=0, salt="web"):
    """A break-in of five events -> (event ids, its chain)."""
    ids = c.send(lab.break_in(n, salt))
    chain = next(x for x in c.chains() if any(v["event_id"] == ids[4] for v in x["nodes"]))
    return ids, chain


def sample(c):
    """The sample incident's Windows part; -> its worst chain."""
    with open(os.path.join(lab.ROOT, "db/sample/windows.ndjson"), "rb") as f:
        c.post("/events?source=windows", f.read(), headers={"Content-Type": "application/x-ndjson"}).want(200)
    return c.chains()[0]


def open_chain(b, c, chain, query=""):
    b.remember(c.key).open(f"/#/chain/{chain['chain_id']}{query}")
    b.see(".unit")


def every_screen(l, b, c, see):
    chain = sample(c)
    last, edge = chain["nodes"][-1]["event_id"], chain["edges"][0]
    b.open("/")
    b.see("#key")
    see("login")
    b.remember(c.key)
    for path, css in ((f"#/find?q={last}", ".gap .need"), ("#/chains", "tr[data-chain]"), ("#/triage", ".alert"), ("#/coverage", "tbody tr"),
                      (f"#/chain/{chain['chain_id']}", ".why"), (f"#/chain/{chain['chain_id']}?tab=text&edge={edge['from']}-%3E{edge['to']}", ".raw mark"),
                      (f"#/chain/{chain['chain_id']}?tab=history", ".plainlist li"), (f"#/chain/{chain['chain_id']}?tab=timeline", "tr[data-event]")):
        b.open("/" + path)
        b.see(css)
        time.sleep(0.2)
        see(path.split("?")[0][2:].split("/")[0] + path.partition("tab=")[2].split("&")[0])


def main(*promises, conf=None):
    """Keep each promise, each in a browser of its own; the exit status tells."""
    failed, skipped, tried, only = 0, 0, 0, sys.argv[1:]
    with lab.Lab(conf) as l:
        for f in promises:
            if only and not any(o in f.__name__ for o in only):
                continue
            begin, b, word, why = time.monotonic(), None, "ok", ""
            tried += 1
            try:
                b = Browser(l)
                f(l, b)
                b.check()
            except Skip as e:
                word, why, skipped = "skipped", str(e), skipped + 1
            except Exception:
                word, why, failed = "FAILED", traceback.format_exc(), failed + 1
                if b:
                    try:
                        b.shot("failed-" + f.__name__)
                        b.read_logs()
                        why += "\n".join(b.faults[:4])
                    except WebDriverException:
                        pass
            finally:
                if b:
                    b.close()
            print(f"{word:8}{f.__name__}  {time.monotonic() - begin:.2f} s", flush=True)
            if why:
                print("        " + why.strip().replace("\n", "\n        "), flush=True)
        if failed:
            print(f"{failed} failed; data is left in {l.data}")
            l.stop()
            l.data = tempfile.mkdtemp(prefix="tra-ce-e2e-")     # what __exit__ may remove
    sys.exit(1 if failed else lab.SKIPPED if tried and skipped == tried else 0)
