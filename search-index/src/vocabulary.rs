//! What words mean: those that come with Stoa, and the merchant's.

use crate::analysis::{self, Stems, Word};
use std::collections::{BTreeMap, HashMap, HashSet};
use stoa_domain::search::{MAX_PHRASE, MAX_SYNONYMS, Vocabulary};

const ENGLISH_STOP_WORDS: &str = "a an and at by for from in of on or the to with la de";
const CHINESE_STOP_WORDS: &str = "的 了 和 与 及 或 在 是";
/// Groups by lines, members by commas: differences of region and of custom that hold in any shop.
const ENGLISH_SYNONYMS: &str = "\
aluminium, aluminum
bin, trash can, waste basket
bra, brassiere
cell phone, cellphone, mobile phone, smartphone
colour, color
couch, sofa
curtain, drape
cutlery, flatware, silverware
diaper, nappy
duvet, quilt, comforter
earbud, earphone
eyeglasses, spectacles
faucet, tap
flash drive, memory stick, pen drive, thumb drive, usb stick
flashlight, torch
fridge, refrigerator
grey, gray
hard disk, hard drive, hdd
hoover, vacuum cleaner
jewellery, jewelry
jumper, pullover, sweater
kettle, water boiler
laptop, notebook
photocopier, copier
pram, stroller
pyjamas, pajamas
rucksack, backpack
rug, carpet
sneaker, trainer, running shoe
solid state drive, ssd
stove, cooker
trousers, pants
tv, television
wifi, wlan
wrench, spanner";
const CHINESE_SYNONYMS: &str = "\
手机, 移动电话, 智能手机, 行动电话
手机壳, 手机保护壳, 手机套
充电器, 充电头
数据线, 充电线
显示器, 显示屏
枕头, 枕芯
炒锅, 炒菜锅
羽绒服, 羽绒衣
收纳箱, 储物箱
充电宝, 移动电源, 行动电源
优盘, u盘, 闪存盘, 随身碟
笔记本, 笔记本电脑, 手提电脑, 笔电
电饭煲, 电饭锅
电视, 电视机
冰箱, 电冰箱
空调, 冷气机
投影仪, 投影机
打印机, 列印机
鼠标, 滑鼠
被套, 被罩
插座, 插排, 插线板, 排插, 接线板
耳机, 耳麦
墨镜, 太阳镜
行李箱, 拉杆箱, 旅行箱
吹风机, 电吹风
剃须刀, 刮胡刀
洗面奶, 洁面乳
背包, 双肩包
纸巾, 抽纸
马桶, 坐便器
自行车, 单车, 脚踏车
圆珠笔, 原子笔
睡衣, 家居服
勺子, 汤匙, 调羹
牙刷架, 牙刷座
扫地机, 扫地机器人
硒鼓, 碳粉盒
西红柿, 番茄
土豆, 马铃薯
英寸, inch";

/// The words that come with Stoa.
fn built_in() -> Vocabulary {
    let by_language = |english: &str, chinese: &str| {
        let words = |text: &str| text.split_whitespace().map(str::to_string).collect();
        BTreeMap::from([("en".to_string(), words(english)), ("zh".to_string(), words(chinese))])
    };
    let groups = |text: &str| -> Vec<Vec<String>> {
        text.lines().map(|line| line.split(", ").map(str::to_string).collect()).collect()
    };
    Vocabulary {
        stop_words: by_language(ENGLISH_STOP_WORDS, CHINESE_STOP_WORDS),
        synonyms: BTreeMap::from([
            ("en".to_string(), groups(ENGLISH_SYNONYMS)),
            ("zh".to_string(), groups(CHINESE_SYNONYMS)),
        ]),
        ..Vocabulary::default()
    }
}

/// A vocabulary made ready to be asked. All languages together: words of one are seldom words of another, and shoppers
/// mix them.
pub struct Meanings {
    stop_words: HashSet<String>,
    /// By the key of a word or a phrase.
    others: HashMap<String, Vec<String>>,
}

impl Meanings {
    /// The merchant's words first, for only so many are asked for; then those that come with Stoa.
    pub fn new(merchant: &Vocabulary) -> Self {
        let mut stems = Stems::new("en");
        let ours = if merchant.own_only { Vocabulary::default() } else { built_in() };
        let all = [merchant, &ours];
        let stop_words = all.iter().flat_map(|vocabulary| vocabulary.stop_words.values().flatten());
        let stop_words = stop_words.flat_map(|word| analysis::words(word)).map(|word| word.to_string()).collect();
        let mut others: HashMap<String, Vec<String>> = HashMap::new();
        let mut add = |from: &str, to: &str| {
            let words = analysis::words(from);
            let meanings = others.entry(key(&words, &mut stems)).or_default();
            let new = from != to && !meanings.iter().any(|known| known == to);
            if !words.is_empty() && words.len() <= MAX_PHRASE && new && meanings.len() < MAX_SYNONYMS {
                meanings.push(to.to_string());
            }
        };
        for vocabulary in all {
            for group in vocabulary.synonyms.values().flatten() {
                for from in group {
                    group.iter().for_each(|to| add(from, to));
                }
            }
            for (from, to) in vocabulary.one_way.values().flatten() {
                to.iter().for_each(|to| add(from, to));
            }
        }
        Self { stop_words, others }
    }

    pub(crate) fn is_stop_word(&self, word: &str) -> bool {
        self.stop_words.contains(word)
    }

    /// Whether the Chinese word has synonyms, and so is a word.
    pub(crate) fn knows(&self, word: &str) -> bool {
        self.others.contains_key(word)
    }

    /// The longest phrase at the beginning of `words` that has synonyms: its length in words, and them.
    pub(crate) fn of(&self, words: &[Word], stems: &mut Stems) -> Option<(usize, &[String])> {
        (1..=words.len().min(MAX_PHRASE)).rev().find_map(|length| {
            let others = self.others.get(&key(&words[..length], stems))?;
            Some((length, others.as_slice()))
        })
    }
}

fn key(words: &[Word], stems: &mut Stems) -> String {
    let word = |word: &Word| match word {
        Word::Plain(plain) => stems.stem(plain),
        Word::Compound { whole, .. } => whole.clone(),
        Word::Run(run) => run.iter().collect(),
    };
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}
