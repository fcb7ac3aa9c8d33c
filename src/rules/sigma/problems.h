// Problems: the diagnostics of one document while it is read.
#pragma once

#include <string>
#include <string_view>
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
  // Names the rule in all its diagnostics once the id is known.
  void name_rule(const std::string& id) {
    for (std::size_t i = first_; i < out_.size(); ++i) {
      out_[i].rule_id = id;
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
