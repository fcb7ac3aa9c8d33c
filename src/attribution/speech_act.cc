#include "attribution/speech_act.h"

namespace tocsin::attribution {

const Header& header_of(const SpeechAct& act) {
  return std::visit([](const auto& one) -> const Header& { return one.header; }, act);
}

const std::string& speaker_of(const SpeechAct& act) {
  return std::visit(
      [](const auto& one) -> const std::string& {
        if constexpr (CanBlame<std::remove_cvref_t<decltype(one)>>) {
          return one.claimant;
        } else {
          return one.by;
        }
      },
      act);
}

const std::vector<std::string>& targets_of(const SpeechAct& act) {
  static const std::vector<std::string> none;
  return std::visit(
      [](const auto& one) -> const std::vector<std::string>& {
        if constexpr (CanBlame<std::remove_cvref_t<decltype(one)>>) {
          return none;
        } else {
          return one.targets;
        }
      },
      act);
}

std::string_view reason_of(const SpeechAct& act) {
  return std::visit(
      [](const auto& one) -> std::string_view {
        if constexpr (CanBlame<std::remove_cvref_t<decltype(one)>>) {
          return {};
        } else {
          return one.reason;
        }
      },
      act);
}

std::string_view kind_of(const SpeechAct& act) {
  constexpr std::array<std::string_view, std::variant_size_v<SpeechAct>> names = {
      "attribution", "acknowledgement", "support", "no-position", "contest", "corroboration", "withdrawal"};
  return names[act.index()];
}

std::string_view verb_of(const SpeechAct& act) {
  if (const auto* attribution = std::get_if<Attribution>(&act)) {
    return attribution->verb;
  }
  if (const auto* acknowledgement = std::get_if<Acknowledgement>(&act)) {
    return reception_names[static_cast<std::size_t>(acknowledgement->reception)];
  }
  constexpr std::array<std::string_view, std::variant_size_v<SpeechAct>> verbs = {
      "", "", "support", "no-position", "contest", "corroborate", "withdraw"};
  return verbs[act.index()];
}

}  // namespace tocsin::attribution
