// URLs in one form, so that two that mean the same resource are equal text.
#pragma once

#include <string>
#include <string_view>

namespace tocsin::rules {

// Appends the normal form of an absolute URL ("http://Host/%7Euser"), or of one without a scheme ("host/path", which
// becomes "//host/path"). RFC 3986 §6.2.2: scheme and host in lower case, %XX in upper case, unreserved characters not
// escaped, no dot segments; §6.2.3: an empty path is "/", the scheme's own port is left out; the fragment, which is
// never sent, is left out too (§3.5). What else differs (query order, final "/") stays different. False, with `out` as
// it was, where the text is no such URL.
bool normalise_url(std::string_view text, std::string& out);

// The host of a URL in normal form, or of the text behind "//": without user, port and brackets.
std::string_view url_host(std::string_view after_slashes);

}  // namespace tocsin::rules
