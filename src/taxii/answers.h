// Answers in TAXII's own media type: resources, and error messages (TAXII 2.1 sections 1.6, 3.6.1).
#pragma once

#include <string>
#include <string_view>

#include "net/message.h"

namespace tocsin::taxii {

inline constexpr std::string_view media_type = "application/taxii+json;version=2.1";

net::Response resource(int status, std::string json);
// {"title","description","http_status"}: http_status is text. `description` may hold what the client sent; it is cut.
net::Response error_message(int status, std::string_view title, std::string_view description = {});
// The usual title of a status.
net::Response error_message(int status);

}  // namespace tocsin::taxii
