// Problems: the diagnostics of one document while it is read.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/result.h"
#include "rules/rule.h"
#include "wire/yaml.h"

namespace tocsin::rules::sigma {

class Problems {
 public:
  // `source` must outlive this. More than `most` problems of one document are counted, not kept.
  Problems(std::string_view source, std::vector<Diagnostic>& out) : source_(source), out_(out), first_(out.size()) {}

  void error(ErrorCode code, wire::YamlMark at, std::string message, std::string hint = {}) {
    failed_ = true;
    add(Diagnostic::Severity::error, code, at, std::move(message), std::move(hint));
  }
  void error(wire::YamlMark at, std::string message, std::string hint = {}) {
    error(ErrorCode::rule_invalid, at, std::move(message), std::move(hint));
  }
  void warning(ErrorCode code, wire::YamlMark at, std::string message, std::string hint = {}) {
    add(Diagnostic::Severity::warning, code, at, std::move(message), std::move(hint));
  }
  void warning(wire::YamlMark at, std::string message, std::string hint = {}) {
    warning(ErrorCode::rule_invalid, at, std::move(message), std::move(hint));
  }
  void note(ErrorCode code, wire::YamlMark at, std::string message, std::string hint = {}) {
    add(Diagnostic::Severity::note, code, at, std::move(message), std::move(hint));
  }

  bool failed() const { return failed_; }
  // Names the rule in its diagnostics and puts them in the order of the file.
  void finish(const std::string& id) {
    const auto begin = out_.begin() + static_cast<std::ptrdiff_t>(first_);
    for (auto each = begin; each != out_.end(); ++each) {
      each->rule_id = id;
    }
    const auto earlier = [](const Diagnostic& a, const Diagnostic& b) {
      return std::tie(a.error.where.line, a.error.where.column) < std::tie(b.error.where.line, b.error.where.column);
    };
    for (auto each = begin; each != out_.end(); ++each) {  // a stable sort of at most `most` problems
      std::rotate(std::upper_bound(begin, each, *each, earlier), each, each + 1);
    }
  }

  static constexpr std::size_t most = 50;

 private:
  void add(Diagnostic::Severity severity, ErrorCode code, wire::YamlMark at, std::string message, std::string hint) {
    const std::size_t count = out_.size() - first_;
    if (count > most || (count == most && severity != Diagnostic::Severity::error)) {
      return;
    }
    if (count == most) {
      message = "more problems in this document are not shown";
      hint.clear();
    }
    out_.push_back({severity,
                    {.code = code,
                     .message = std::move(message),
                     .where = {.source = std::string(source_), .line = at.line, .column = at.column},
                     .hint = std::move(hint)},
                    {}});
  }

  std::string_view source_;
  std::vector<Diagnostic>& out_;
  std::size_t first_;
  bool failed_ = false;
};

}  // namespace tocsin::rules::sigma
