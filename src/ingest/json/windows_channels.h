// The channel of a Windows event whose export lost it, from its provider.
#pragma once

#include <cstdint>
#include <string_view>

namespace tocsin::ingest::json {

// Static text, or empty where the provider writes to several channels and the event id does not tell which.
std::string_view channel_of_provider(std::string_view provider, std::uint32_t event_id);

}  // namespace tocsin::ingest::json
