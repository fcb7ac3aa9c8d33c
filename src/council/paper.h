// Paper: what a delegation lays beside the text of an item: a concern, a national measure, an option, a consent, a
// refusal, an amendment, a reopening, an order to lapse, the published statement. A STIX object of its own, signed by
// its author; the state of the item is computed without it.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "consult/hash.h"
#include "stix/tlp.h"
#include "wire/json.h"

namespace tocsin::council {

class Item;

enum class PaperKind : std::uint8_t {
#define PAPER(name, type, definition, word) name,
#include "council/papers.def"
#undef PAPER
};
std::string_view type_of(PaperKind kind);  // "tocsin-concern"
std::string_view word_of(PaperKind kind);  // "concern"

// {"type","spec_version","id","created","modified","created_by_ref","object_marking_refs","extensions","item",…}: never
// changed (created = modified); its id follows from all of it but the signature. `item` is the id of the entry that
// opened the consultation. In an exercise each carries its mark ("exercise").
struct Paper {
  PaperKind kind = PaperKind::concern;
  std::string id;
  std::string author;            // the name on the roster whose key signed it
  consult::Seconds created = 0;  // the author's claim
  std::string marking;           // "TLP:AMBER"; empty where it is none of TLP's
  wire::Json object;
  std::string json;  // verbatim

  std::string_view text(std::string_view member) const { return object.string_or(member, ""); }
  std::vector<std::string> texts(std::string_view member) const;
  std::size_t number(std::string_view member) const;  // 0 where it is none
};

// What is to be signed, with the words that tell it.
struct PaperPlan {
  PaperKind kind = PaperKind::concern;
  std::string body;  // a JSON object: the members beside those that all papers have
  stix::TlpColor color = stix::TlpColor::amber;
  std::vector<std::string> words;
  std::vector<std::string> warnings;
};

// The paper without its signature.
Result<std::string> compose_paper(const PaperPlan& plan, const consult::Hash& item, std::string_view identity,
                                  consult::Seconds created);

// Errors: syntax where it is none or lacks what its kind must have; damaged where it belongs to another item, was
// changed, or is not signed by a participant of the roster who may lay such a paper.
Result<Paper> read_paper(std::string_view json, const Item& item);

// Papers of one item, by id.
class Papers {
 public:
  // False where it was held. Error limit: an author lays a thousand papers and 8 MiB.
  Result<bool> add(Paper paper);
  const Paper* find(std::string_view id) const;
  // An id, or the beginning of its UUID (4 digits or more) that only one has. Error usage.
  Result<const Paper*> named(std::string_view text) const;
  // By the time that their authors gave them, then by id.
  std::vector<const Paper*> in_order() const;
  std::size_t size() const { return papers_.size(); }
  // Whether the giver of a consent has revoked it.
  bool revoked(const Paper& consent) const;

 private:
  struct Amount {
    std::size_t papers = 0;
    std::size_t bytes = 0;
  };
  std::map<std::string, Paper, std::less<>> papers_;
  std::map<std::string, Amount, std::less<>> amounts_;
  std::set<std::pair<std::string, std::string>> revocations_;  // author, consent
};

// "concern 3fa1c0de": kind and the first digits of the id.
std::string short_name(const Paper& paper);

}  // namespace tocsin::council
