// Public data sets of incidents as relayed claims: EuRepoC's attributions and the CFR tracker, nothing guessed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tocsin::attribution {

struct Skipped {
  std::uint64_t row = 0;  // counted from 1, the header being row 1
  std::string why;
};

// Each row of the file is exactly one of these.
struct Imported {
  std::vector<std::string> objects;  // STIX objects as JSON
  std::uint64_t rows = 0;
  std::uint64_t claims = 0;
  std::uint64_t repeated = 0;       // say of a record what another of its rows said: columns of lists are crossed
  std::uint64_t without_claim = 0;  // name nobody who claims it, or nobody who is blamed
  std::vector<Skipped> without_claim_rows;
  std::vector<Skipped> unreadable;
};

struct ImportOptions {
  std::string_view file;     // its name, for errors
  std::string_view created;  // when the objects are made, as a STIX timestamp
};

// EuRepoC_Attribution_dataset (one row for each attribution, its columns of several values crossed). A claim is
// attributing_actor's, else attributing_country's; a value that a record has several of is used only where it stands
// for itself, because no row says which of them belong together. Error unknown_format: another header.
Result<Imported> import_eurepoc(std::string_view csv, const ImportOptions& options);

// Cyber Operations Tracker. The claimant is the tracker: its rows name nobody else. "Sponsor" never becomes a State.
Result<Imported> import_cfr(std::string_view csv, const ImportOptions& options);

}  // namespace tocsin::attribution
