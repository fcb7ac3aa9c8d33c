// The detections of the HTML report as JSON for its script: which rows are kept, and how they are written.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "report/report.h"

namespace tocsin::report::html {

// How many detections of each rule get a row, so that the most severe are all there and every rule has some: each rule
// first gets an equal small share of limits::report_detections_max, then the rest goes to rules by level.
// Indexed like Report::rules.
std::vector<std::uint64_t> row_quotas(const Report& report);

// Texts that many rows share, written once.
class Texts {
 public:
  std::size_t index(const std::string& text) {
    const auto [at, added] = index_.try_emplace(text, all_.size());
    if (added) {
      all_.push_back(&at->first);
    }
    return at->second;
  }
  void append_json(std::string& out) const;

 private:
  std::map<std::string, std::size_t> index_;
  std::vector<const std::string*> all_;
};

// Appends [rule, time, host, source, record, channel, detail, [[field, value, pattern]…], [[name, [value…]]…], unit,
// offset, duplicates, recovered]; host, source and channel index their Texts. Long values are cut at
// limits::report_html_value_bytes_max and end with "…".
void append_row(std::string& out, const Detection& detection, std::int64_t rule, Texts& hosts, Texts& sources,
                Texts& channels);

}  // namespace tocsin::report::html
