#include "ingest/text/key_values.h"

#include <algorithm>

namespace tocsin::ingest {

bool KeyValues::next(KeyValue& pair) {
  for (;;) {
    std::size_t at = 0;
    while (at < rest_.size() && parts(rest_[at])) {
      ++at;
    }
    rest_.remove_prefix(at);
    if (rest_.empty()) {
      return false;
    }
    at = 0;
    while (at < rest_.size() && rest_[at] != '=' && !parts(rest_[at])) {
      ++at;
    }
    if (at == rest_.size() || rest_[at] != '=' || at == 0) {
      rest_.remove_prefix(std::min(at + 1, rest_.size()));
      continue;
    }
    pair = {rest_.substr(0, at), {}, '\0', false};
    rest_.remove_prefix(at + 1);
    if (!rest_.empty() && (rest_.front() == '"' || rest_.front() == '\'')) {
      pair.quote = rest_.front();
      std::size_t end = 1;
      while (end < rest_.size() && rest_[end] != pair.quote) {
        if (rest_[end] == '\\') {
          pair.escaped = true;
          ++end;
        }
        ++end;
      }
      end = std::min(end, rest_.size());
      pair.value = rest_.substr(1, end - 1);
      rest_.remove_prefix(std::min(end + 1, rest_.size()));
      return true;
    }
    std::size_t end = 0;
    while (end < rest_.size() && !parts(rest_[end])) {
      ++end;
    }
    pair.value = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return true;
  }
}

std::string_view unescape(std::string_view value, Arena& arena) {
  char* out = arena.allocate(value.size());
  std::size_t length = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    char c = value[i];
    if (c == '\\' && i + 1 < value.size()) {
      c = value[++i];
      c = c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
    }
    out[length++] = c;
  }
  arena.shrink_last(value.size() - length);
  return {out, length};
}

}  // namespace tocsin::ingest
