// The marking definitions of the Traffic Light Protocol that have fixed identifiers: four of TLP 1.0 (STIX 2.1 section
// 7.2.1.4) and five of TLP 2.0 (its extension definition).
#pragma once

#include <cstdint>
#include <string_view>

namespace tocsin::stix {

inline constexpr std::string_view tlp2_extension = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d";

// What a marking asks for, whichever version says it: white is clear, and amber of 1.0 is amber of 2.0.
enum class TlpColor : std::uint8_t { clear, green, amber, amber_strict, red };

struct TlpMarking {
  std::string_view id;
  std::string_view name;
  std::string_view level;  // the value in the object
  std::string_view created;
  std::uint8_t version;
  TlpColor color;
};

inline constexpr TlpMarking tlp_markings[] = {
    {"marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9", "TLP:WHITE", "white", "2017-01-20T00:00:00.000Z", 1,
     TlpColor::clear},
    {"marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da", "TLP:GREEN", "green", "2017-01-20T00:00:00.000Z", 1,
     TlpColor::green},
    {"marking-definition--f88d31f6-486f-44da-b317-01333bde0b82", "TLP:AMBER", "amber", "2017-01-20T00:00:00.000Z", 1,
     TlpColor::amber},
    {"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed", "TLP:RED", "red", "2017-01-20T00:00:00.000Z", 1,
     TlpColor::red},
    {"marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487", "TLP:CLEAR", "clear", "2022-10-01T00:00:00.000Z", 2,
     TlpColor::clear},
    {"marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb", "TLP:GREEN", "green", "2022-10-01T00:00:00.000Z", 2,
     TlpColor::green},
    {"marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421", "TLP:AMBER", "amber", "2022-10-01T00:00:00.000Z", 2,
     TlpColor::amber},
    {"marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003", "TLP:AMBER+STRICT", "amber+strict",
     "2022-10-01T00:00:00.000Z", 2, TlpColor::amber_strict},
    {"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1", "TLP:RED", "red", "2022-10-01T00:00:00.000Z", 2,
     TlpColor::red},
};

// nullptr where the id is of no such marking.
constexpr const TlpMarking* find_tlp(std::string_view id) {
  for (const TlpMarking& marking : tlp_markings) {
    if (marking.id == id) {
      return &marking;
    }
  }
  return nullptr;
}

}  // namespace tocsin::stix
