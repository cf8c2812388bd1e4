use crate::analysis::{self, Stems, Word};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Longest phrase, in words, that has synonyms.
const MAX_PHRASE: usize = 4;
/// More ways of saying one thing are not asked for: each costs time.
const MAX_SYNONYMS: usize = 8;

/// What a language's words mean to the shop, as data that the merchant can set. It is applied when a shopper asks, so
/// a change needs no new index. By the first part of a BCP 47 tag: `en`, `zh`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vocabulary {
    /// Left out where there are other words: they choose nothing.
    #[serde(default)]
    pub stop_words: BTreeMap<String, Vec<String>>,
    /// Groups whose members stand for each other: `tv`, `television`.
    #[serde(default)]
    pub synonyms: BTreeMap<String, Vec<Vec<String>>>,
    /// What is typed, and what is found too, but not the other way round: `bedding` finds `pillow`.
    #[serde(default)]
    pub one_way: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

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

impl Default for Vocabulary {
    fn default() -> Self {
        let by_language = |english: &str, chinese: &str| {
            let words = |text: &str| text.split_whitespace().map(str::to_string).collect();
            BTreeMap::from([("en".to_string(), words(english)), ("zh".to_string(), words(chinese))])
        };
        let groups = |text: &str| -> Vec<Vec<String>> {
            text.lines().map(|line| line.split(", ").map(str::to_string).collect()).collect()
        };
        Self {
            stop_words: by_language(ENGLISH_STOP_WORDS, CHINESE_STOP_WORDS),
            synonyms: BTreeMap::from([
                ("en".to_string(), groups(ENGLISH_SYNONYMS)),
                ("zh".to_string(), groups(CHINESE_SYNONYMS)),
            ]),
            one_way: BTreeMap::new(),
        }
    }
}

impl Vocabulary {
    /// Nothing left out, nothing meant but what is typed.
    pub fn empty() -> Self {
        Self { stop_words: BTreeMap::new(), synonyms: BTreeMap::new(), one_way: BTreeMap::new() }
    }
}

/// A vocabulary made ready to be asked. All languages together: words of one are seldom words of another, and shoppers
/// mix them.
pub(crate) struct Meanings {
    stop_words: HashSet<String>,
    /// By the key of a word or a phrase.
    others: HashMap<String, Vec<String>>,
}

impl Meanings {
    pub(crate) fn new(vocabulary: &Vocabulary) -> Self {
        let mut stems = Stems::new("en");
        let stop_words = vocabulary.stop_words.values().flatten().cloned().collect();
        let mut others: HashMap<String, Vec<String>> = HashMap::new();
        let mut add = |from: &str, to: &str| {
            let words = analysis::words(from);
            let meanings = others.entry(key(&words, &mut stems)).or_default();
            if !words.is_empty() && words.len() <= MAX_PHRASE && from != to && meanings.len() < MAX_SYNONYMS {
                meanings.push(to.to_string());
            }
        };
        for group in vocabulary.synonyms.values().flatten() {
            for from in group {
                group.iter().for_each(|to| add(from, to));
            }
        }
        for (from, to) in vocabulary.one_way.values().flatten() {
            to.iter().for_each(|to| add(from, to));
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
