#include <algorithm>
#include <charconv>
#include <deque>
#include <memory>
#include <utility>

#include "base/limits.h"
#include "base/text.h"
#include "verdict/book_case.h"

namespace tocsin::verdict {

namespace {

class AllCases final : public Case {
 public:
  explicit AllCases(std::shared_ptr<const Engine::Implementation> engine) : engine_(std::move(engine)) {
    for (const Playbook& book : engine_->books) {
      books_.emplace_back(book);
    }
  }
  void add(std::span<const Fact> facts) override {
    for (const Fact& fact : facts) {
      if (fact.playbook < books_.size()) {
        books_[fact.playbook].add(fact);
      }
    }
  }
  void add(const Coverage& coverage) override { sources_[coverage.source] = coverage; }
  std::vector<Verdict> conclude(const Cancelled& cancelled) override {
    std::vector<Verdict> verdicts;
    for (BookCase& book : books_) {
      book.conclude(sources_, cancelled, verdicts);
    }
    return verdicts;
  }

 private:
  std::shared_ptr<const Engine::Implementation> engine_;
  std::deque<BookCase> books_;
  Sources sources_;
};

}  // namespace

std::unique_ptr<Case> make_case(std::shared_ptr<const Engine::Implementation> engine) {
  return std::make_unique<AllCases>(std::move(engine));
}

void BookCase::add(const Fact& fact) {
  if (fact.predicate == fact_files) {
    files_.add(fact);
    return;
  }
  if (fact.predicate == fact_cut) {
    cut_ += fact.values.empty() ? 0 : parse_uint64(fact.values.front()).value_or(0);
    return;
  }
  if (fact.predicate >= fact_period) {
    const std::uint32_t input = fact.predicate - fact_period;
    if (input >= book_.inputs.size() || fact.values.size() < 5) {
      return;
    }
    SeenKey key{static_cast<std::uint16_t>(input), fact.source, std::string(fact.values[2]),
                std::string(fact.values[3])};
    auto seen = seen_.find(key);
    if (seen == seen_.end()) {
      if (seen_.size() >= limits::verdict_periods_max) {
        ++seen_dropped_;
        return;
      }
      seen = seen_.emplace(std::move(key), Seen{}).first;
    }
    const auto last = parse_int64(fact.values[0]);
    seen->second.periods.add(believable(fact.time), believable(Time{last.value_or(fact.time.ticks)}), ordinary_pause);
    seen->second.rows += parse_uint64(fact.values[1]).value_or(0);
    seen->second.marks = seen->second.marks || fact.values[4] == "1";
    return;
  }
  if (fact.predicate >= book_.rows.size() || fact.values.size() < fact_carry) {
    return;
  }
  keep(fact);
}

void BookCase::conclude(const Sources& sources, const Cancelled& cancelled, std::vector<Verdict>& verdicts) {
  cancelled_ = &cancelled;
  const std::size_t before = verdicts.size();
  // Facts come in input order; verdicts must not depend on it beyond ties.
  if (book_.form == Playbook::Form::stages) {
    conclude_stages(sources, verdicts);
  } else {
    conclude_ladder(sources, verdicts);
  }
  if (stopped()) {
    verdicts.resize(before);  // half a judgement is none
  }
  cancelled_ = nullptr;
}

std::uint32_t BookCase::named_scope(std::string_view name) const {
  const auto host = hosts_.find(name);
  const auto found = host ? scope_of_host_.find(*host) : scope_of_host_.end();
  return found == scope_of_host_.end() ? no_scope : found->second;
}

EventRef BookCase::reference(const Stored& fact, const Sources& sources) const {
  EventRef ref;
  const auto source = sources.find(fact.source);
  if (source != sources.end()) {
    ref.source = source->second.path;
    ref.unit = source->second.unit;
  }
  ref.record = fact.record;
  ref.offset = fact.offset;
  ref.time = fact.time;
  if (const auto client = book_.find_key("client")) {
    ref.client = value_of(book_, fact, *client);
    if (ref.client == "-") {
      ref.client.clear();
    }
  }
  ref.what = fact.what;
  return ref;
}

EventRef BookCase::reference(const FileEntry& entry, const Sources& sources) const {
  EventRef ref;
  const auto source = sources.find(entry.source);
  if (source != sources.end()) {
    ref.source = source->second.path;
    ref.unit = source->second.unit;
  }
  ref.record = entry.record;
  ref.offset = entry.offset;
  ref.time = Time{entry.time};
  return ref;
}

void widen(Time& first, Time& last, Time time) {
  if (time.known()) {
    first = first.known() ? std::min(first, time) : time;
    last = std::max(last, time);
  }
}

bool earlier(const EventRef& a, const EventRef& b) {
  return std::tie(a.time, a.source, a.record, a.offset) < std::tie(b.time, b.source, b.record, b.offset);
}

std::string moment(Time time) {
  if (!time.known()) {
    return "an unknown time";
  }
  static constexpr std::string_view months[] = {"January", "February", "March",     "April",   "May",      "June",
                                                "July",    "August",   "September", "October", "November", "December"};
  const CivilTime civil = to_civil(time);
  const auto two = [](int number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  return std::to_string(civil.day) + " " + std::string(months[civil.month - 1]) + " " + std::to_string(civil.year) +
         " " + two(civil.hour) + ":" + two(civil.minute) + ":" + two(civil.second) + " UTC";
}

std::string listed(const std::vector<std::string>& parts) {
  std::string out;
  for (std::size_t at = 0; at < parts.size(); ++at) {
    out += at == 0 ? "" : at + 1 == parts.size() ? " and " : ", ";
    out += parts[at];
  }
  return out;
}

namespace {

std::vector<std::uint64_t> numbers_of(std::string_view build) {
  std::vector<std::uint64_t> numbers;
  while (!build.empty() && numbers.size() < 4) {
    const std::size_t dot = std::min(build.find('.'), build.size());
    numbers.push_back(parse_uint64(build.substr(0, dot)).value_or(0));
    build.remove_prefix(std::min(dot + 1, build.size()));
  }
  numbers.resize(4, 0);
  return numbers;
}

}  // namespace

bool fixed_build(const std::vector<std::string>& fixed, std::string_view build) {
  const std::vector<std::uint64_t> own = numbers_of(build);
  bool later = false;
  bool same_minor = false;
  std::vector<std::uint64_t> newest(3, 0), newest_of_minor(3, 0);
  for (const std::string& each : fixed) {
    const std::vector<std::uint64_t> line = numbers_of(each);
    if (std::equal(line.begin(), line.begin() + 3, own.begin())) {
      return own[3] >= line[3];
    }
    const std::vector<std::uint64_t> head(line.begin(), line.begin() + 3);
    newest = std::max(newest, head);
    if (line[0] == own[0] && line[1] == own[1]) {
      same_minor = true;
      newest_of_minor = std::max(newest_of_minor, head);
    }
  }
  const std::vector<std::uint64_t> head(own.begin(), own.begin() + 3);
  later = same_minor ? head > newest_of_minor : head > newest;
  return later;
}

std::string_view state_text(State state) {
  switch (state) {
    case State::compromised:
      return "compromised";
    case State::attacked_no_sign_of_success:
      return "attacked-no-sign-of-success";
    case State::no_sign_in_covered_period:
      return "no-sign-in-covered-period";
    case State::not_checkable:
      return "not-checkable";
  }
  return "";
}

}  // namespace tocsin::verdict
