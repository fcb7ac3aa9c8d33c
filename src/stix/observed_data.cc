#include "stix/observed_data.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <optional>
#include <utility>

#include "base/limits.h"
#include "base/text.h"

namespace tocsin::stix {
namespace {

using wire::Json;

constexpr std::size_t problems_max = 20;

using ById = boost::unordered_flat_map<std::string_view, const Json*>;

struct Source {
  const Json* observed = nullptr;
  std::uint32_t bundle = 0;
};

class Reader {
 public:
  Result<ObservedData> read(std::span<const Json> documents) {
    for (const Json& document : documents) {
      collect(document);
    }
    keep_latest();
    if (sources_.size() > limits::observations_max) {
      return failure(ErrorCode::limit, "there is too much observed data", {},
                     "at most " + std::to_string(limits::observations_max) + " at once");
    }
    for (const Source& source : sources_) {
      TRY_VOID(add_observation(source));
    }
    return std::move(out_);
  }

 private:
  void collect(const Json& document) {
    // A list of documents, or a bundle, or one observed-data.
    if (document.kind == Json::Kind::array) {
      bundles_.emplace_back();
      for (const Json& item : document.items) {
        if (item.kind == Json::Kind::object && item.string_or("type", "") == "bundle") {
          collect_bundle(item);
        } else {
          collect_object(item, static_cast<std::uint32_t>(bundles_.size() - 1));
        }
      }
    } else if (document.string_or("type", "") == "bundle") {
      collect_bundle(document);
    } else {
      bundles_.emplace_back();
      collect_object(document, static_cast<std::uint32_t>(bundles_.size() - 1));
    }
  }

  void collect_bundle(const Json& bundle) {
    bundles_.emplace_back();
    const auto number = static_cast<std::uint32_t>(bundles_.size() - 1);
    if (const Json* objects = bundle.find("objects"); objects != nullptr && objects->kind == Json::Kind::array) {
      for (const Json& object : objects->items) {
        collect_object(object, number);
      }
    }
  }

  void collect_object(const Json& object, std::uint32_t bundle) {
    if (object.kind != Json::Kind::object) {
      return;
    }
    if (const std::string_view id = object.string_or("id", ""); !id.empty()) {
      bundles_[bundle].insert_or_assign(id, &object);
      everywhere_.insert_or_assign(id, &object);
    }
    if (object.string_or("type", "") == "observed-data") {
      sources_.push_back({&object, bundle});
    }
  }

  // Section 3.6: a version is (id, modified); the same one may come in several bundles.
  void keep_latest() {
    boost::unordered_flat_map<std::string_view, std::size_t> latest;
    std::vector<Source> kept;
    for (const Source& source : sources_) {
      const std::string_view id = source.observed->string_or("id", "");
      if (!id.empty()) {
        const auto [found, added] = latest.try_emplace(id, kept.size());
        if (!added) {
          const auto before = parse_timestamp(kept[found->second].observed->string_or("modified", ""));
          const auto now = parse_timestamp(source.observed->string_or("modified", ""));
          if (now && (!before || *before < *now)) {
            kept[found->second] = source;
          }
          continue;
        }
      }
      kept.push_back(source);
    }
    sources_ = std::move(kept);
  }

  void skip(const Json& observed, std::string why) {
    ++out_.skipped;
    if (out_.problems.size() < problems_max) {
      const std::string_view id = observed.string_or("id", "observed-data without id");
      out_.problems.push_back(std::string(id) + ": " + std::move(why));
    }
  }

  Result<void> add_observation(const Source& source) {
    const Json& observed = *source.observed;
    Observation observation;
    observation.id = observed.string_or("id", "");
    const Json* first = observed.find("first_observed");
    const Json* last = observed.find("last_observed");
    const auto from = parse_timestamp(first == nullptr ? "" : first->text);
    const auto to = parse_timestamp(last == nullptr ? "" : last->text);
    if (!from || !to || *to < *from) {
      skip(observed, "first_observed and last_observed must be timestamps, the last not before the first");
      return {};
    }
    observation.first = *from;
    observation.last = *to;
    if (const Json* number = observed.find("number_observed"); number != nullptr) {
      const auto count = number->kind == Json::Kind::number ? parse_uint64(number->text) : std::nullopt;
      if (!count || *count == 0) {
        skip(observed, "number_observed must be a positive whole number");
        return {};
      }
      observation.count = *count;
    }
    if (const Json* objects = observed.find("objects"); objects != nullptr && objects->kind == Json::Kind::object) {
      for (const auto& [key, object] : objects->members) {
        TRY_VOID(add_member(observation, key, object));
      }
    }
    if (const Json* refs = observed.find("object_refs"); refs != nullptr && refs->kind == Json::Kind::array) {
      for (const Json& ref : refs->items) {
        if (const Json* object = find(ref.text, source.bundle); object != nullptr) {
          TRY_VOID(add_member(observation, ref.text, *object));
        }
      }
    }
    std::stable_sort(observation.members.begin(), observation.members.end(),
                     [](const auto& a, const auto& b) { return a.name < b.name; });
    const auto end = std::unique(observation.members.begin(), observation.members.end(),
                                 [](const auto& a, const auto& b) { return a.name == b.name; });
    observation.members.erase(end, observation.members.end());
    out_.observations.push_back(std::move(observation));
    return {};
  }

  const Json* find(std::string_view id, std::uint32_t bundle) const {
    if (const auto own = bundles_[bundle].find(id); own != bundles_[bundle].end()) {
      return own->second;
    }
    const auto any = everywhere_.find(id);
    return any == everywhere_.end() ? nullptr : any->second;
  }

  Result<void> add_member(Observation& observation, std::string_view name, const Json& object) {
    if (object.kind != Json::Kind::object) {
      return {};
    }
    const auto [found, added] = known_.try_emplace(&object, static_cast<std::uint32_t>(out_.graph.objects.size()));
    if (added) {
      TRY_VOID(add_object(object));
    }
    observation.members.push_back({name, found->second});
    return {};
  }

  // Breadth first, so that children lie beside each other and no recursion is needed.
  Result<void> add_object(const Json& object) {
    std::vector<Value>& values = out_.graph.values;
    out_.graph.objects.push_back({object.string_or("type", ""), static_cast<std::uint32_t>(values.size())});
    std::vector<std::pair<const Json*, std::uint32_t>> waiting = {{&object, static_cast<std::uint32_t>(values.size())}};
    values.emplace_back();
    for (std::size_t next = 0; next < waiting.size(); ++next) {
      const auto [json, at] = waiting[next];
      const std::size_t children = json->items.size() + json->members.size();
      if (values.size() + children > ~std::uint32_t{0}) {
        return failure(ErrorCode::limit, "the observed data has too many values");
      }
      const auto first = static_cast<std::uint32_t>(values.size());
      Value& value = values[at];
      value.boolean = json->boolean;
      value.text = json->text;
      value.first = first;
      value.count = static_cast<std::uint32_t>(children);
      value.kind = kind_of(json->kind);
      values.resize(values.size() + children);
      std::uint32_t child = first;
      for (const Json& item : json->items) {
        waiting.emplace_back(&item, child++);
      }
      for (const auto& [key, member] : json->members) {
        values[child].key = key;
        waiting.emplace_back(&member, child++);
      }
    }
    return {};
  }

  static ValueKind kind_of(Json::Kind kind) {
    switch (kind) {
      case Json::Kind::null:
        return ValueKind::null;
      case Json::Kind::boolean:
        return ValueKind::boolean;
      case Json::Kind::number:
        return ValueKind::number;
      case Json::Kind::string:
        return ValueKind::string;
      case Json::Kind::array:
        return ValueKind::list;
      case Json::Kind::object:
        return ValueKind::object;
    }
    return ValueKind::null;
  }

  std::vector<ById> bundles_;
  ById everywhere_;
  std::vector<Source> sources_;
  boost::unordered_flat_map<const Json*, std::uint32_t> known_;
  ObservedData out_;
};

}  // namespace

Result<ObservedData> read_observed_data(std::span<const wire::Json> documents) { return Reader().read(documents); }

}  // namespace tocsin::stix
