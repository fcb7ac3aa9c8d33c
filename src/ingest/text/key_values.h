// KeyValues: walks "key=value key2="with blanks" key3='…'" as auditd, logfmt and firewalls write it.
#pragma once

#include <string_view>

#include "base/arena.h"

namespace tocsin::ingest {

struct KeyValue {
  std::string_view key;
  std::string_view value;  // without its quotes, escapes as written
  char quote = '\0';       // '"' or '\'' where the value was quoted
  bool escaped = false;    // a backslash stands in a quoted value
};

// Pairs are parted by blanks (and by `also`, if given). A word without '=' is passed over. A quote that is never closed
// takes the rest. Views into the text; no allocation.
class KeyValues {
 public:
  explicit KeyValues(std::string_view text, char also = ' ') : rest_(text), also_(also) {}
  bool next(KeyValue& pair);
  std::string_view rest() const { return rest_; }

 private:
  bool parts(char c) const { return c == ' ' || c == '\t' || c == also_; }
  std::string_view rest_;
  char also_;
};

// Undoes backslash escapes: \n, \r, \t and \x for any other x.
std::string_view unescape(std::string_view value, Arena& arena);

}  // namespace tocsin::ingest
