import { FIELDS, WORKPLACES } from './jobs.ts';
import { wordSet } from './word-set.ts';

/** People of a country, in both languages. */
export const DEMONYMS = wordSet(`
  espanol espanola mexicano mexicana argentino argentina colombiano colombiana chileno chilena peruano peruana ecuatoriano ecuatoriana
  venezolano venezolana boliviano boliviana paraguayo paraguaya uruguayo uruguaya guatemalteco guatemalteca hondureno hondurena
  salvadoreno salvadorena nicaraguense costarricense panameno panamena cubano cubana puertorriqueno puertorriquena dominicano dominicana
  portugues portuguesa frances francesa aleman alemana italiano italiana ingles inglesa britanico britanica escoces escocesa irlandes
  irlandesa belga holandes holandesa suizo suiza austriaco austriaca sueco sueca noruego noruega danes danesa finlandes finlandesa polaco
  polaca griego griega turco turca ruso rusa ucraniano ucraniana rumano rumana bulgaro bulgara hungaro hungara checo checa marroqui
  argelino argelina egipcio egipcia nigeriano nigeriana estadounidense americano americana canadiense brasileno brasilena indio india
  chino china japones japonesa coreano coreana australiano australiana neozelandes catalan catalana vasco vasca gallego gallega andaluz
  andaluza asturiano asturiana madrileno madrilena valenciano valenciana canario canaria aragones aragonesa malagueno sevillano sevillana
  tico tica boricua nica guanaco chapin chapina catracho catracha euskaldun murciano murciana riojano riojana navarro navarra cantabro cantabra extremeno extremena castellano manchego manchega
  granadino granadina cordobes cordobesa gaditano gaditana zaragozano tapatio tapatia regio regia chilango chilanga paisa costeno costena limeno limena bogotano bogotana cordobesa rosarino rosarina
  mendocino mendocina tucumano tucumana quiteno quitena guayaquileno caraqueno caraquena maracucho yucateco yucateca poblano poblana tapatia dominico-americana hispano-argentina haitiano haitiana senegales senegalesa
  barcelones barcelonesa bilbaino bilbaina porteno portena
  spanish mexican argentinian argentine colombian chilean peruvian ecuadorian venezuelan bolivian paraguayan uruguayan guatemalan honduran
  salvadoran nicaraguan costa_rican panamanian cuban puerto_rican dominican portuguese french german italian english british scottish
  welsh irish belgian dutch swiss austrian swedish norwegian danish finnish polish greek turkish russian ukrainian romanian bulgarian
  hungarian czech moroccan algerian tunisian egyptian nigerian kenyan ghanaian south_african american canadian brazilian indian pakistani
  chinese japanese korean vietnamese thai indonesian filipino filipina australian kiwi israeli iranian iraqi syrian lebanese croatian
  brit briton aussie scot welshman irishman englishman texan californian serbian slovak slovenian estonian latvian lithuanian icelandic catalan basque galician
`);

export const LANGUAGES = wordSet(`
  espanol castellano ingles frances aleman italiano portugues catalan euskera vasco gallego valenciano arabe chino mandarin japones coreano
  ruso polaco holandes neerlandes sueco noruego danes finlandes griego turco rumano bulgaro hungaro checo hebreo hindi urdu persa esperanto
  latin ucraniano quechua guarani nahuatl lengua_de_signos lse vietnamita tailandes croata serbio
  spanish english french german italian portuguese basque galician arabic chinese cantonese japanese korean russian polish dutch swedish
  norwegian danish finnish greek turkish romanian bulgarian hungarian czech hebrew persian farsi ukrainian vietnamese thai croatian serbian
  marathi gujarati malayalam kannada sinhala nepali burmese khmer malay indonesian yoruba igbo zulu afrikaans amharic somali albanian
  estonian latvian lithuanian slovak slovenian icelandic georgian armenian kurdish pashto welsh irish gaelic swahili tagalog bengali punjabi tamil telugu sign_language asl bsl
`);

export const DIETS = wordSet(`
  veganos veganas vegetarianos vegetarianas celiacos celiacas vegetariano_estricto vegana_estricta pescetarianos carnivoro carnivora vegeta
  vegano vegana vegetariano vegetariana pescetariano pescetariana pescatariano pescatariana ovolactovegetariano flexitariano flexitariana
  celiaco celiaca omnivoro omnivora crudivegano
  vegan vegetarian pescatarian pescetarian flexitarian celiac coeliac omnivore veggie plant-based plant_based eggetarian pure_veg pure_vegetarian
  gluten_free gluten-free dairy_free dairy-free
`);
/** `keto diet`, `dieta baja en sal`. */
export const NAMED_DIETS = wordSet(`
  keto cetogenica mediterranea vegana vegetariana paleo hipocalorica baja sin hiposodica dash fodmap gluten-free ketogenic mediterranean
  vegan vegetarian low-carb low low-sodium low-fat plant-based dairy-free sugar-free halal kosher carnivore estricta blanda diabetic
`);
/** What people do without: `no como …`, `I don't eat …`. */
export const FOODS = wordSet(`
  carne cerdo ternera pollo pescado marisco gluten lactosa lacteos leche queso huevo huevos azucar trigo soja soya frutos_secos nueces
  cacahuetes mani almendras alcohol cafe cafeina picante sal pan dulces harinas cordero carne_roja productos_animales productos_de_origen_animal
  palta aguacate platano pimiento pimientos berenjena pepino calabacin brocoli coliflor espinacas esparragos lentejas garbanzos legumbres alubias frijoles porotos choclo maiz arroz
  pasta avena miel edulcorantes embutidos jamon salmon atun sardinas mejillones almejas pulpo calamares langostinos camarones ostras higado casqueria visceras conejo pavo cabra nata mantequilla
  yogur crema mayonesa mostaza vinagre cilantro perejil jengibre canela coco kiwi pina fresas frutillas naranja citricos uvas melocoton durazno manzana sandia melon frutos_rojos sesamo pinones pistachos avellanas anacardos castanas
  tinto vino_tinto origen_animal comida_picante comida_rapida comida_basura fritura frituras grasa grasas bebidas_azucaradas gaseosas gaseosa refresco_de_cola mate ron whisky tequila carne_de_cerdo carne_de_vaca carnes embutido chorizo lacteo productos_lacteos harina harina_blanca harinas_blancas
  nada_de_origen_animal animales gambas tomate tomates cebolla ajo setas fritos chocolate refrescos vino cerveza te ultraprocesados
  meat pork beef chicken fish seafood shellfish gluten dairy lactose milk cheese egg eggs sugar wheat soy nuts peanuts tree_nuts almonds
  alcohol coffee caffeine spicy_food red_meat animal_products lamb bread sweets carbs mushrooms onions garlic tomatoes shrimp chocolate
  soda wine beer tea carbs nightshades fish_sauce sesame mustard celery kiwi bananas avocado coconut cilantro coriander caffeine raw_fish sushi
  anything_spicy spicy fried_food processed_food
`);

/** Written lower case too: `uso linux`, `I code in rust`. */
export const TECH = wordSet(`
  linux ubuntu debian fedora arch arch_linux manjaro mint linux_mint nixos gentoo windows windows_10 windows_11 mac macos mac_os ios android
  iphone ipad macbook thinkpad chromebook pixel samsung vim neovim nvim emacs vscode vs_code visual_studio_code intellij pycharm webstorm
  xcode sublime zed cursor python javascript typescript java kotlin swift rust go golang c c++ c# php ruby scala haskell elixir clojure perl
  r matlab julia dart flutter react react_native vue angular svelte nextjs next.js node node.js nodejs deno bun django flask fastapi rails
  spring laravel symfony dotnet .net unity unreal docker kubernetes postgres postgresql mysql sqlite mongodb redis aws azure gcp terraform
  jira slack trello asana confluence salesforce hubspot shopify wordpress squarespace canva capcut davinci_resolve premiere_pro lightroom ableton logic_pro
  garageband sketchup autocad solidworks quickbooks xero duolingo strava garmin fitbit apple_watch spotify tidal opnsense proxmox home_assistant jupyter
  raspberry_pi arduino tailwind supabase firebase vercel elasticsearch kafka spark snowflake bigquery power_bi tableau spss stata figma photoshop blender excel notion obsidian latex tmux zsh fish bash powershell git gitlab github jenkins firefox chrome safari brave
  figma photoshop blender excel notion obsidian latex tmux zsh fish bash powershell git gitlab github jenkins firefox chrome safari brave
  vuejs vue.js iphone_13 jira trello asana slack teams sap salesforce hubspot odoo power_bi powerbi tableau autocad revit sketchup solidworks canva illustrator indesign premiere after_effects davinci_resolve davinci lightroom gimp inkscape
  word powerpoint libreoffice google_docs google_sheets google_drive wordpress shopify prestashop drupal joomla moodle stata spss ableton logic_pro fl_studio pro_tools cubase reaper musescore
  wsl wsl2 homebrew pandas pytorch tensorflow sql dvorak colemak
`);

/** Lower-case words after "en" and "in" that are no place for all that. */
export const FIELDS_AND_TECH: ReadonlySet<string> = new Set([...TECH, ...FIELDS, ...WORKPLACES]);
