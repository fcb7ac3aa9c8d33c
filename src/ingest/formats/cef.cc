// cef: ArcSight Common Event Format, one message a line, with or without a syslog header.
// https://www.microfocus.com/documentation/arcsight/arcsight-smartconnectors/pdfdoc/common-event-format-v25/common-event-format-v25.pdf
//
// How a message becomes fields is told in text/cef_message.h.
#include "ingest/text/cef_message.h"
#include "ingest/text/enveloped_message.h"

namespace tocsin::ingest {

extern const Format format_cef;
const Format format_cef = {
    .name = "cef",
    .doc = "ArcSight Common Event Format",
    .spec =
        "https://www.microfocus.com/documentation/arcsight/arcsight-smartconnectors/pdfdoc/common-event-format-v25/"
        "common-event-format-v25.pdf",
    .unit = Unit::line,
    .recognise = recognise_enveloped<find_cef>,
    .open = open_lines,
    .decoder = make_line_decoder<EnvelopedReader<CefMessage, find_cef>>,
};

}  // namespace tocsin::ingest
