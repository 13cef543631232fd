# SPDX-License-Identifier: Apache-2.0
"""axe-core, the rules that pages are held against for people who do not see,
hear or point: taken out of the Chromium that the tests run in.

Its developer tools hold Lighthouse, and that holds axe-core whole, as one
template literal that begins with axe's own licence line. So nothing is fetched,
nothing is shipped (axe-core is MPL-2.0), and apt alone brings all that the test
needs. Read once for each version of the browser, then kept in the build folder.
"""
import os, re
import lab

BUNDLE = "devtools://devtools/bundled/third_party/lighthouse/lighthouse-dt-bundle.js"
LITERAL = re.compile(r"`/\*! axe v[\d.]+(?:[^`\\]|\\.)*`", re.S)


def source(driver):
    """The script's text. Leaves the page as it was: it looks in a window of its own."""
    at = os.path.join(lab.BUILD, "tests", "axe")
    path = os.path.join(at, f"of-chromium-{driver.capabilities['browserVersion']}.js")
    if not os.path.exists(path):
        text = read(driver)
        os.makedirs(at, exist_ok=True)
        with open(f"{path}.{os.getpid()}", "w", encoding="utf-8") as f:
            f.write(text)
        os.replace(f.name, path)                        # others may do the same just now
    with open(path, encoding="utf-8") as f:
        return f.read()


def read(driver):
    page = driver.current_window_handle
    driver.switch_to.new_window("tab")
    try:
        driver.get(BUNDLE)
        literal = LITERAL.search(driver.execute_script("return document.body ? document.body.textContent : ''"))
        lab.need(literal, "this Chromium,", driver.capabilities["browserVersion"], "has no axe-core at", BUNDLE, "- say in tests/web/axe.py where it is now")
        driver.get("about:blank")                       # the literal is text yet: its escapes are the language's
        return driver.execute_script("return " + literal[0])
    finally:
        driver.close()
        driver.switch_to.window(page)
