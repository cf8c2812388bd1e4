//! Carriers that the shop knows by name, and where each of them shows a parcel. Any other carrier is just its name.

/// A carrier that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carrier {
    /// As it is stored: `sf-express`.
    pub code: &'static str,
    pub name: &'static str,
    /// In Chinese.
    pub name_zh: &'static str,
    /// The page of a parcel without its tracking number, which ends it. Empty: the carrier has no such address.
    tracking: &'static str,
}

pub const CARRIERS: [Carrier; 14] = [
    known("sf-express", "SF Express", "顺丰速运", "https://www.sf-express.com/chn/sc/waybill/waybill-detail/"),
    known("zto", "ZTO Express", "中通快递", "https://www.zto.com/express/expressCheck.html?txtBill="),
    known("yto", "YTO Express", "圆通速递", ""),
    known("sto", "STO Express", "申通快递", ""),
    known("yunda", "Yunda Express", "韵达快递", ""),
    known("jd", "JD Logistics", "京东快递", "https://www.jdl.com/orderSearch/?waybillCodes="),
    known("ems-china", "EMS", "中国邮政 EMS", ""),
    known("dhl", "DHL", "DHL", "https://www.dhl.com/global-en/home/tracking.html?tracking-id="),
    known("ups", "UPS", "UPS", "https://www.ups.com/track?tracknum="),
    known("fedex", "FedEx", "联邦快递", "https://www.fedex.com/fedextrack/?trknbr="),
    known("usps", "USPS", "美国邮政", "https://tools.usps.com/go/TrackConfirmAction?tLabels="),
    known("royal-mail", "Royal Mail", "英国皇家邮政", "https://www.royalmail.com/track-your-item#/tracking-results/"),
    known("dpd", "DPD", "DPD", ""),
    known("gls", "GLS", "GLS", ""),
];

const fn known(code: &'static str, name: &'static str, name_zh: &'static str, tracking: &'static str) -> Carrier {
    Carrier { code, name, name_zh, tracking }
}

/// The carrier with this code.
pub fn carrier(code: &str) -> Option<&'static Carrier> {
    CARRIERS.iter().find(|carrier| carrier.code == code)
}

impl Carrier {
    /// Where the carrier shows the parcel. `number` as a shipment holds it: letters, digits and dashes.
    pub fn page(&self, number: &str) -> Option<String> {
        (!self.tracking.is_empty() && !number.is_empty()).then(|| format!("{}{number}", self.tracking))
    }
}
