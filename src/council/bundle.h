// Bundle: one consultation as a file to hand over: JSON lines with the roster, every entry as its author signed it, the
// texts, the keys' owners, and readings of chains. Nothing in it is believed for being in it.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "council/item.h"

namespace tocsin::council {

// {"is":"bundle","value":{"item","type":"tocsin-consultation","version":1}}, then a line for each thing, then
// {"is":"end","value":{"lines","sha256"}} with the digest of all before it: a file that was cut is told from a whole
// one. `readings` are added as they are (chain_reading.h). Options and measures that the gate refuses by now are left
// out, and named in `left_out`. `proofs` are proofs of a log for objects of the item (log_evidence.h).
std::string write_bundle(const Item& item, const std::vector<std::string>& readings = {},
                         std::vector<std::string>* left_out = nullptr, const std::vector<std::string>& proofs = {});

struct Bundle {
  Hash item;
  std::vector<std::string> rosters;
  std::vector<std::string> entries;
  std::vector<std::string> texts;  // {"lang","text"}
  std::vector<std::string> manifests;
  std::vector<std::string> keys;
  std::vector<std::string> papers;  // what lies beside the text (paper.h)
  std::vector<std::string> readings;
  std::vector<std::string> proofs;    // object proofs as text (stix/object_proof.h)
  bool whole = false;                 // the last line is there and its digest is right
  std::vector<std::string> problems;  // lines that cannot be read, for people; the first hundred
  std::size_t problems_total = 0;
};
// Errors: unknown_format where the first line is no bundle's, limit. A bad line later costs only itself.
Result<Bundle> read_bundle(std::string_view text);

// The digests that the drafts of the item name.
std::set<std::string> draft_digests(const Item& item);

}  // namespace tocsin::council
