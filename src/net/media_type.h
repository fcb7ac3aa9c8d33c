// Media types and what a client accepts (RFC 9110 sections 5.6, 8.3 and 12.5.1), read as the grammar has it: any case,
// quoted values, blanks, weights.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tocsin::net {

struct MediaType {
  std::string type;                                             // lower case; "*" in a range
  std::string subtype;                                          // lower case; "*" in a range
  std::vector<std::pair<std::string, std::string>> parameters;  // names in lower case, values without quotes

  // Nothing where it is not given.
  std::optional<std::string_view> parameter(std::string_view name) const;
};

// One media type; nothing for text that is none.
std::optional<MediaType> parse_media_type(std::string_view text);

struct AcceptedType {
  MediaType type;
  int weight = 1000;  // thousandths; 0: refused
};

// The entries of an Accept header. Entries that follow no grammar are left out: a client is not punished for them.
std::vector<AcceptedType> parse_accept(std::string_view header);

// The weight in thousandths that `accepted` gives `offer` (the most specific range counts); 0: not acceptable. A range
// whose parameters are all among the offer's is the more specific the more it has. No header accepts everything.
int acceptance(std::string_view header, const MediaType& offer);

}  // namespace tocsin::net
