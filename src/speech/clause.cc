#include "speech/clause.h"

namespace tocsin::speech {

std::string_view clause_kind_text(ClauseKind kind) {
  switch (kind) {
    case ClauseKind::performative:
      return "performative";
    case ClauseKind::platform:
      return "platform";
    case ClauseKind::fact:
      return "fact";
    case ClauseKind::qualifier:
      return "qualifier";
  }
  return "";
}

}  // namespace tocsin::speech
