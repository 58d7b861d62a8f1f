import { hashText } from './hash.ts';

/** Words that say nothing about a domain, in English and Spanish, folded. Few examples would teach that they do. */
const WORDS = `
a an the this that these those of in on at to for from by with without about as and or but if so than then there here it its is are was
were be been being am do does did have has had i you he she we they me my mine your his her our their them us him who whom whose what
which when where why how can could should would will shall may might must not no yes any some all each other another more most less
very much many one please just also too only s t m re ve ll d don
el la los las un una unos unas lo al del de en a ante con contra desde durante entre hacia hasta para pero por segun sin sobre tras y e
o u ni que quien quienes cual cuales cuando donde como cuanto cuanta cuantos cuantas porque si no se me te le les nos os mi mis tu tus
su sus nuestro nuestra yo ella ellos ellas usted ustedes es son era eran fue fueron ser estar esta este esto estas estos esa ese eso
esas esos esta estan hay ha han he hemos habia haber muy mas menos tan tanto ya tambien solo todo toda todos todas otro otra otros otras
algo algun alguna alguno algunos algunas ningun ninguna cada mismo misma puede pueden puedo quiero tengo tiene tienen hace hacer haz
`;

const HASHES = new Set(
  WORDS.trim()
    .split(/\s+/)
    .map((word) => hashText(word)),
);

/** @param hash Of a whole folded word, as `hashText` makes it. */
export function isStopWord(hash: number): boolean {
  return HASHES.has(hash);
}
